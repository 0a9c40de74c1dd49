"""What is said on stderr beside the results: steps, requests, progress, prompts."""
