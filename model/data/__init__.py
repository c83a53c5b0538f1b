"""Files of purchases -> frames and matrices."""

import os

# Arrow decides when it is first loaded, which pandas does. Its own pool keeps what columns have left free, and the
# frame and all that training needs come beside it; `memory.give_back` empties the system's.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
