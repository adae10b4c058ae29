"""What goes out: the atlas and the layers it draws."""
