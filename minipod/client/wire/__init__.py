"""HTTP with the server on its Unix socket, and what its answers become: values, or errors."""
