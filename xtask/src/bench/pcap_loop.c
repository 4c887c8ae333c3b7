/* The least that a program which reads a capture with libpcap can do: every frame is taken, and
   one byte of it looked at. Prints the frames, their captured bytes, and the first bytes' xor. */

#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE] = "usage: pcap_loop FILE";
    pcap_t *capture = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
    if (capture == NULL) {
        fprintf(stderr, "pcap_loop: %s\n", error);
        return 1;
    }
    struct pcap_pkthdr *header;
    const u_char *bytes;
    unsigned long frames = 0, sum = 0;
    unsigned char first = 0;
    int got;
    while ((got = pcap_next_ex(capture, &header, &bytes)) == 1) {
        frames++;
        sum += header->caplen;
        if (header->caplen > 0)
            first ^= bytes[0];
    }
    if (got == PCAP_ERROR) {
        fprintf(stderr, "pcap_loop: %s\n", pcap_geterr(capture));
        return 1;
    }
    printf("%lu frames, %lu bytes, %02x\n", frames, sum, first);
    pcap_close(capture);
    return 0;
}
