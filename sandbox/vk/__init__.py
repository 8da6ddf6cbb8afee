"""The double of VK's community messages: API, Callback API and long poll."""
