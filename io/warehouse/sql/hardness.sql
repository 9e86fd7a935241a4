-- How often does each judge take certified and unseen negatives for right (of a status: all of it), by generator, type, trick, language, length, status and fifth of the golden's score, 1 the least likely?
WITH judged AS (
  SELECT
    v.judge,
    v.negative_id,
    n.generator,
    n.type,
    CASE WHEN n.trick = '' THEN 'none' ELSE n.trick END AS trick,
    c.language,
    k.status,
    CASE
      WHEN LENGTH(n.text) < LENGTH(c.golden) THEN 'shorter'
      WHEN LENGTH(n.text) > LENGTH(c.golden) THEN 'longer'
      ELSE 'equal'
    END AS length,
    v.golden_logprob,
    CASE WHEN v.answer = 'fooled' THEN 1 ELSE 0 END AS fooled,
    CASE WHEN v.margin >= -5 THEN 1 ELSE 0 END AS near
  FROM verdicts AS v
  JOIN negatives AS n ON n.id = v.negative_id
  JOIN contexts AS c ON c.id = n.context_id
  JOIN certificates AS k ON k.negative_id = n.id
  WHERE v.answer = 'fooled' OR v.answer = 'caught'
),
accepted AS (SELECT * FROM judged WHERE status = 'certified' OR status = 'unseen'),
scored AS (
  SELECT
    judge,
    fooled,
    near,
    NTILE(5) OVER (PARTITION BY judge ORDER BY golden_logprob, negative_id) AS fifth
  FROM accepted
  WHERE golden_logprob IS NOT NULL
),
slices AS (
  SELECT judge, 'all' AS trait, '' AS value, fooled, near FROM accepted
  UNION ALL SELECT judge, 'generator', generator, fooled, near FROM accepted
  UNION ALL SELECT judge, 'type', type, fooled, near FROM accepted
  UNION ALL SELECT judge, 'trick', trick, fooled, near FROM accepted
  UNION ALL SELECT judge, 'language', language, fooled, near FROM accepted
  UNION ALL SELECT judge, 'length', length, fooled, near FROM accepted
  UNION ALL SELECT judge, 'type, length', type || ', ' || length, fooled, near FROM accepted
  UNION ALL SELECT judge, 'status', status, fooled, near FROM judged
  UNION ALL SELECT judge, 'golden fifth', CAST(fifth AS STRING), fooled, near FROM scored
),
-- k of n fooled, with Wilson's 95 % interval as in fool_rate.sql.
counts AS (
  SELECT
    judge,
    trait,
    value,
    COUNT(*) AS negatives,
    SUM(near) AS near,
    CAST(SUM(fooled) AS FLOAT64) AS k,
    CAST(COUNT(*) AS FLOAT64) AS n,
    CAST(3.841459 AS FLOAT64) AS q
  FROM slices
  GROUP BY judge, trait, value
)
SELECT
  judge,
  trait,
  value,
  negatives,
  k / n AS fooled,
  (2 * k + q - SQRT(q * (q + 4 * k * (n - k) / n))) / (2 * (n + q)) AS low,
  (2 * k + q + SQRT(q * (q + 4 * k * (n - k) / n))) / (2 * (n + q)) AS high,
  near / n AS within_5_nats
FROM counts
ORDER BY judge, trait, value
