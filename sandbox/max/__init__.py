"""The double of MAX's bot API: messages, uploads, webhooks that add up, and the long poll."""
