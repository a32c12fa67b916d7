"""What a stream is made of, up to the arguments of ffmpeg; no I/O."""
