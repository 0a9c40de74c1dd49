"""The server's hands on the host: one small module for each thing that the kernel keeps."""
