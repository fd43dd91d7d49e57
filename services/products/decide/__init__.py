"""Products' rules: what a SKU is (`product`), what channels' ids stand for (`listing`), what is asked (`answers`)."""
