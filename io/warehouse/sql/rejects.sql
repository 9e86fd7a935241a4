-- What did each stage drop, for which reason, in which language?
SELECT
  stage,
  reason,
  language,
  COUNT(*) AS records
FROM rejects
GROUP BY stage, reason, language
ORDER BY stage, records DESC, reason, language
