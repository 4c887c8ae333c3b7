/* The least that a program which sends frames by sendmmsg(2) can do: the same frame, many with one
   call, from a packet socket that receives nothing. */

#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { BATCH = 256, FRAME = 60 };

static unsigned char frame[FRAME] = {
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
    0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 0, 2, 2,
    0x13, 0x88, 0x13, 0x88, 0, 26, 0, 0,
};

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: send_loop FRAMES INTERFACE\n");
        return 1;
    }
    unsigned long left = strtoul(argv[1], NULL, 10);
    struct sockaddr_ll address = { .sll_family = AF_PACKET };
    address.sll_ifindex = if_nametoindex(argv[2]);
    int socket_fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (socket_fd < 0 || bind(socket_fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("send_loop");
        return 1;
    }
    struct iovec data = { .iov_base = frame, .iov_len = FRAME };
    static struct mmsghdr messages[BATCH];
    for (int at = 0; at < BATCH; at++)
        messages[at].msg_hdr = (struct msghdr){ .msg_iov = &data, .msg_iovlen = 1 };
    while (left > 0) {
        int sent = sendmmsg(socket_fd, messages, left < BATCH ? left : BATCH, 0);
        if (sent < 0) {
            perror("send_loop");
            return 1;
        }
        left -= sent;
    }
    return 0;
}
