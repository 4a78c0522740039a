-- coldcase stats quiet --every 200s --by actor
-- case: aks-intrusion
SELECT before AS last_before, time AS first_after, actor, (epoch_us(time) - epoch_us(before)) / 1e6::DOUBLE AS seconds
FROM (SELECT time, user_name AS actor, lag(time) OVER (PARTITION BY user_name ORDER BY time) AS before FROM audit WHERE time IS NOT NULL)
WHERE epoch_us(time) - epoch_us(before) >= 200000000
ORDER BY last_before, first_after, actor NULLS FIRST
