"""Other tools on the same network and the same images, each in an environment of its own."""
