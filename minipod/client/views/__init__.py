"""What people look at, made from what the server answers."""
