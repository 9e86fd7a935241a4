#include "cache.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using std::string;

namespace store {

namespace {

// Sizes are rounded up to pages.
constexpr size_t kPage = 4096;

size_t RoundUp(size_t n) { return (n + kPage - 1) / kPage * kPage; }

template <typename T>
T Clamp(T value, T low, T high) {
  return std::max(low, std::min(value, high));
}

}  // namespace

Cache::Cache(const Options& options, Logger* logger)
    : capacity_(RoundUp(options.capacity)), logger_(logger) {
  shards_.reserve(options.shards);
  for (int i = 0; i < options.shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(capacity_ / options.shards));
  }
}

Status Cache::Insert(const Slice& key, std::shared_ptr<Block> block) {
  if (block == nullptr) {
    return Status::InvalidArgument("no block for", key.ToString());
  }
  Shard& shard = ShardFor(key);
  MutexLock lock(&shard.mutex);
  const size_t charge = Clamp<size_t>(block->size(), 1, capacity_);
  while (shard.usage + charge > shard.capacity && !shard.lru.empty()) {
    Evict(&shard, shard.lru.back());
  }
#ifdef STORE_TRACE
  logger_->Trace("insert %s", key.data());
#endif
  shard.usage += charge;
  shard.table.emplace(key.ToString(), std::move(block));
  return Status::OK();
}

Shard& Cache::ShardFor(const Slice& key) {
  uint32_t hash = Hash(key.data(), key.size(), 0xbc9f1d34);
  return *shards_[hash % shards_.size()];
}

void Cache::Visit(const std::function<void(const Entry&)>& visit) const {
  for (const auto& shard : shards_) {
    std::for_each(shard->lru.begin(), shard->lru.end(), [&](const Entry& entry) {
      if (entry.refs == 0) visit(entry);
    });
  }
  auto* summary = new Summary{capacity_, shards_.size()};
  logger_->Log(Level::kInfo, "visited %d entries", summary->Count<Entry>(shards_));
  try {
    summary->Check();
  } catch (const std::exception& error) {
    logger_->Log(Level::kError, error.what());
  }
  switch (summary->state) {
    case Summary::kFull:
      logger_->Flush();
      break;
    default:
      break;
  }
  delete summary;
}

}  // namespace store
