"""Files of purchases -> frames and matrices."""

import os

# Arrow reads this when it is first loaded, by pandas. Its own allocator holds on to what columns have freed, and
# training needs that memory; what the system's holds, `memory.give_back` returns.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
