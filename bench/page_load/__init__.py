"""What a user of the pages waits for, compared with other pages."""
