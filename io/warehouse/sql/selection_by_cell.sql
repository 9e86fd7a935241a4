-- What was selected in each language and type (general rows apart), how sure and how hard is it, and in which split?
SELECT
  language,
  COALESCE(type, 'general') AS type,
  COUNT(*) AS selected,
  COUNT(DISTINCT repo) AS repositories,
  COUNT(CASE WHEN status = 'certified' THEN 1 END) AS certified,
  COUNT(CASE WHEN status = 'unseen' THEN 1 END) AS unseen,
  AVG(fool_rate) AS mean_fool_rate,
  AVG(margin) AS mean_margin,
  COUNT(CASE WHEN split = 'train' THEN 1 END) AS train,
  COUNT(CASE WHEN split = 'validation' THEN 1 END) AS validation,
  COUNT(CASE WHEN split = 'test' THEN 1 END) AS test
FROM selection
GROUP BY language, COALESCE(type, 'general')
ORDER BY language, type
