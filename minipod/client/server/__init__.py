"""The server's process from outside: started, stopped, installed; and the machine looked at."""
