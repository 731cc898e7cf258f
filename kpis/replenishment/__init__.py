"""How much of each product an account should order now: the periodic review of its stock, up to a level.

    d  = units a week: the mean of the agreed forecast of the next four weeks, else the mean of the last 13 weeks that
         had stock and sold
    σ  = standard deviation of those 13 weeks
    L  = days from order to receipt: the mean of the account's lines of the last half year
    R  = days between orders: 182 ÷ the days on which the account ordered in the last half year, between 7 and 28
    z  = the normal quantile of the service level of the account's tier: A 98 %, B and none 95 %, C 90 %

    safety stock  = z × σ × √((L + R) ÷ 7)
    reorder point = d × L ÷ 7 + safety stock
    order up to   = d × (L + R) ÷ 7 + safety stock
    order now     = order up to − (on hand + on order), in full cases, never below none

Silver, Pyke and Peterson, Inventory Management and Production Planning and Scheduling, 3rd edition, chapter 7: the
(R, S) system with normal demand. On order is what was ordered in the last half year and neither came, nor was
rejected or cancelled, nor was due more than eight weeks ago. At or below the reorder point the order is due now;
where it was placed, but no more than the safety stock is on hand, what is ordered is wanted there.
"""
