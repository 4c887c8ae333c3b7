/* The least that a program which makes a capture with libpcap can do: one packet, in which the
   source address and the destination port are changed for each frame that pcap_dump writes. The
   checksums are repaired by what changed (RFC 1624), as every program here does. */

#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ethernet, IPv4, UDP, 18 bytes of data: 60 bytes, both checksums right. */
static unsigned char frame[60] = {
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
    0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 0, 2, 2,
    0x13, 0x88, 0x13, 0x88, 0, 26, 0, 0,
};

static uint32_t sum(const unsigned char *bytes, int count)
{
    uint32_t total = 0;
    for (int at = 0; at < count; at += 2)
        total += bytes[at] << 8 | bytes[at + 1];
    return total;
}

static void store(int at, uint32_t total)
{
    total = (total >> 16) + (total & 0xffff);
    total = ~(total + (total >> 16)) & 0xffff;
    frame[at] = total >> 8;
    frame[at + 1] = total;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: dump_loop FRAMES FILE\n");
        return 1;
    }
    unsigned long frames = strtoul(argv[1], NULL, 10);
    pcap_t *capture = pcap_open_dead(DLT_EN10MB, 262144);
    pcap_dumper_t *file = capture ? pcap_dump_open(capture, argv[2]) : NULL;
    if (file == NULL) {
        fprintf(stderr, "dump_loop: %s\n", capture ? pcap_geterr(capture) : "no memory");
        return 1;
    }
    memset(frame + 28, 0, 2);
    uint32_t header = sum(frame + 14, 20), datagram = sum(frame + 26, 34) + 17 + 26;
    datagram -= 0x1388;
    struct pcap_pkthdr record = { .caplen = sizeof frame, .len = sizeof frame };
    record.ts.tv_sec = 1700000000;
    for (unsigned long number = 0; number < frames; number++) {
        /* The port varies fastest, from 1 to 1000; then the address. */
        uint32_t host = number / 1000 & 0xffff, port = number % 1000 + 1;
        frame[28] = host >> 8;
        frame[29] = host;
        frame[36] = port >> 8;
        frame[37] = port;
        store(24, header + host);
        store(40, datagram + host + port);
        record.ts.tv_usec += 1000;
        if (record.ts.tv_usec == 1000000) {
            record.ts.tv_usec = 0;
            record.ts.tv_sec++;
        }
        pcap_dump((unsigned char *)file, &record, frame);
    }
    if (pcap_dump_flush(file) != 0) {
        perror("dump_loop");
        return 1;
    }
    pcap_dump_close(file);
    pcap_close(capture);
    return 0;
}
