"""What this program asks of a tokenizer, and adds to it.

| file | |
|---|---|
| prefix.py | puts the BOS token, and the opening of a recipe, before every text |
| opening.py | the opening of a tokenizer |
| speakers.py | a token for each author of a model of several |
| special_tokens.py | the tokens that are never sampled |
| growth_limit.py | refuses a tokenizer that makes far too much of a letter |
"""
