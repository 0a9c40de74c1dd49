/* Binds without any runtime around it: binder HOW COUNT PORT [-]
 *
 * grandchild   a child's child says its pid, binds, and is gone at once
 * losers       COUNT children bind, one after another, each gone at once
 * loop         COUNT binds of one process, one each 10 ms
 * thread       a thread binds, and says the pid of its process
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int port;

static void try_once(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(made, (struct sockaddr *)&address, sizeof address);
    close(made);
}

static void say_pid(void)
{
    char text[16];
    int length = snprintf(text, sizeof text, "%d\n", getpid());
    if (write(1, text, length) != length)
        _exit(2);
}

static void *in_thread(void *nothing)
{
    try_once();
    return nothing;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    const char *how = argv[1];
    int count = atoi(argv[2]);
    port = atoi(argv[3]);
    if (strcmp(how, "grandchild") == 0) {
        if (fork() == 0) {
            if (fork() == 0) {
                say_pid();
                try_once();
                _exit(1);
            }
            _exit(0);
        }
        wait(NULL);
    } else if (strcmp(how, "losers") == 0) {
        for (int i = 0; i < count; i++) {
            if (fork() == 0) {
                try_once();
                _exit(1);
            }
            wait(NULL);
        }
    } else if (strcmp(how, "loop") == 0) {
        for (int i = 0; i < count; i++) {
            try_once();
            usleep(10000);
        }
    } else if (strcmp(how, "thread") == 0) {
        pthread_t thread;
        say_pid();
        pthread_create(&thread, NULL, in_thread, NULL);
        pthread_join(thread, NULL);
    }
    return 0;
}
