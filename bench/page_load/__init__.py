"""What a person at the pages waits for, beside the least that any such pair of pages could take."""
