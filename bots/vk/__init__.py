"""VK communities: facts of VK's API schema 5.199 and of its developer pages; knows no dialogue."""
