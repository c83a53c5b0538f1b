"""What the AWS provider answers when a resource is declared or a function is called."""
