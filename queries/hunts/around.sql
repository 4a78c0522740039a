-- title: Around a moment
-- question: What happened just before and after a moment, in all sources?
-- needs: any evidence. The clocks of sources may differ (coldcase evidence shows it).
-- param: at timestamp = 1970-01-01T00:00:00Z : the moment, UTC; give it
-- param: seconds int = 60 : how far to look before and after it, seconds
-- param: actor text = % : pattern of who did it, % is everybody, also nobody
SELECT time, source, actor, verb, object, status, namespace, address, evidence, "offset"
FROM timeline
WHERE abs(date_part('epoch', time) - date_part('epoch', $at)) <= $seconds
  AND coalesce(actor, '') ILIKE $actor
ORDER BY time, evidence, "offset"
