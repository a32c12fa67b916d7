"""Who may do what: keys, tokens, rights, and the broker's questions about them."""
