"""What proves that a page or a program was let in: session cookies and signatures."""
