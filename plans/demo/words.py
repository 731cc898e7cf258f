"""What the plans of the demo say, in the language of the account."""

from plans.demo import stories

# goal; initiatives; measures with their weight
ENGLISH = (
    (
        "Grow with the account in its strongest categories",
        ("Bring the autumn range into all stores", "Review the range every quarter"),
        (("sell_in", 40),),
    ),
    (
        "Sell faster what stands on the shelf",
        ("Train the staff of the twenty largest stores", "Share sell-through and stock every Tuesday"),
        (("sell_through", 25), ("weeks_of_supply", 10)),
    ),
    (
        "Be the supplier that keeps its word",
        ("Weekly call of both supply teams", "One contact for invoices and credits"),
        (("otif", 15), ("overdue_share", 10)),
    ),
)
CHINESE = (
    ("在优势品类上与客户共同增长", ("秋季新品进入全部门店", "每季度回顾一次商品组合"), (("sell_in", 40),)),
    (
        "加快货架动销",
        ("为二十家最大门店培训导购", "每周二共享销售与库存数据"),
        (("sell_through", 25), ("weeks_of_supply", 10)),
    ),
    ("做守信的供应商", ("双方供应链每周例会", "发票与贷项由一人对接"), (("otif", 15), ("overdue_share", 10))),
)
SELLER = (
    (
        "Make the seller's range a reason to visit our marketplace",
        ("Fill the gaps in the accessories range", "Two campaigns with the seller"),
        (("sell_through", 60),),
    ),
    ("Settle on time", ("Move the seller to the monthly statement",), (("overdue_share", 40),)),
)

WANTS = {
    "retailer": "A range of their own in two categories, and deliveries that need no chasing.",
    "webshop": "Content and stock data that are right the first time; exclusive colours in the fourth quarter.",
    "wholesaler": "A stable price list for the whole year, and whole pallets.",
    "distributor": "Support for the small dealers, and a marketing budget that follows their turnover.",
    "seller": "Visibility in the accessories category, and a fair commission.",
}
WANTS_CHINESE = "希望获得两个品类的专供款，以及无需催货的准时交付。"
WHITE_SPACE = "We are not listed in {category}; the category makes about a tenth of what they sell."
WHITE_SPACE_CHINESE = "{category} 品类尚未进场，该品类约占其销售额的十分之一。"

SITUATIONS = {
    stories.LATE_PAYER: "Turnover is good, but since the change of their bank every invoice is paid weeks late.",
    stories.BEHIND_CURVE: "The autumn range was bought early and in depth; shoppers have not followed since September.",
    stories.NEXT_TIER: "The banner is our largest retailer and about to reach the top tier of its rebate.",
    stories.OTIF_MISSED: "They are content with the range and angry about our deliveries.",
    stories.STOCK_OUT: "The best-seller carries a fifth of the business, and we cannot make enough of it.",
    stories.PLAN_WAITING: "After a flat year they offer us a shop-in-shop in all twelve houses.",
    stories.PLAN_RETURNED: "They are closing houses; we hold our turnover only with a smaller and better range.",
    stories.HEALTHY: "Everything that was agreed is kept on both sides; they ask for more.",
}
BOUGHT = {
    "CN": ("{year} 年进货净额 {sell_in} {currency}。", "{year} 年进货净额预计 {sell_in} {currency}。"),
    "": (
        "Net sell-in of {sell_in} {currency} in {year}.",
        "We expect a net sell-in of {sell_in} {currency} in {year}.",
    ),
}
SOLD = {"CN": "终端销售额 {sell_through} {currency}。", "": "Sell-through of {sell_through} {currency}."}

RETURNED = (
    "The growth target does not fit the closing of two houses: what remains if Hamburg and Kiel go? "
    "And the budget of the staff training is missing."
)
SIGNED = "Agreed. I want to see the supply call in the first review."


def goals(client):
    """The goals of a plan for this account, with what serves and what measures them."""
    if client.sells_with_us:
        return SELLER
    if not client.reports:
        (title, initiatives, _measures), _shelf, service = ENGLISH
        return (title, initiatives, (("sell_in", 75),)), service
    return CHINESE if client.country == "CN" else ENGLISH


def situation(client, year, last):
    """Where we stand, from last year's figures and the account's story."""
    language = client.country if client.country in BOUGHT else ""
    sentences = [BOUGHT[language][not last.is_over]] if last.sell_in else []
    sentences += [SOLD[language]] if last.sell_through else []
    figures = {"sell_in": f"{last.sell_in:,.0f}", "sell_through": f"{last.sell_through:,.0f}"}
    words = " ".join(sentences).format(year=year - 1, currency=client.currency, **figures)
    return "\n".join(filter(None, (words, SITUATIONS.get(client.story))))


def wants(client):
    return WANTS_CHINESE if client.country == "CN" else WANTS[client.kind]


def white_space(client, category):
    text = WHITE_SPACE_CHINESE if client.country == "CN" else WHITE_SPACE
    return text.format(category=category)
