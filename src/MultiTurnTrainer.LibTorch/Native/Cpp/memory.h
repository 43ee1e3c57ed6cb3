// What tensors and their operators take of the processor's memory.

#pragma once

#include <c10/core/Allocator.h>

#include "handles.h"

namespace {

// Stands before libtorch's own allocator for the processor and counts. Its virtual functions are written for every version's
// signature: allocate is const until 2.2, copy_data does not exist before.
class CountingAllocator final : public c10::Allocator {
 public:
  void begin() {
    if (base_ == nullptr) {
      base_ = c10::GetAllocator(c10::DeviceType::CPU);
    }
    live_ = 0;
    peak_ = 0;
    c10::SetAllocator(c10::DeviceType::CPU, this);
  }

  int64_t end() {
    c10::SetAllocator(c10::DeviceType::CPU, base_);
    return peak_;
  }

  c10::DataPtr allocate(size_t bytes) const { return counted(bytes); }

  c10::DataPtr allocate(size_t bytes) { return counted(bytes); }

  void copy_data(void* target, const void* source, size_t bytes) const { std::memcpy(target, source, bytes); }

  c10::DeleterFnPtr raw_deleter() const override { return &free; }

 private:
  // Before what is handed out lies its size; a whole cache line, which keeps the base's alignment.
  static constexpr size_t header = 64;

  c10::DataPtr counted(size_t bytes) const {
    auto* memory = static_cast<char*>(base_->raw_allocate(bytes + header));
    const auto size = static_cast<int64_t>(bytes);
    std::memcpy(memory, &size, sizeof size);
    const int64_t now = live_ += size;
    for (int64_t most = peak_; most < now && !peak_.compare_exchange_weak(most, now);) {
    }
    return c10::DataPtr(memory + header, memory + header, &free, c10::Device(c10::DeviceType::CPU));
  }

  static void free(void* data) {
    auto* memory = static_cast<char*>(data) - header;
    int64_t size;
    std::memcpy(&size, memory, sizeof size);
    live_ -= size;
    base_->raw_deallocate(memory);
  }

  static inline c10::Allocator* base_ = nullptr;
  static inline std::atomic<int64_t> live_{0};
  static inline std::atomic<int64_t> peak_{0};
};

// Never destroyed: a tensor may outlive every other static.
CountingAllocator& counting_allocator() {
  static auto* allocator = new CountingAllocator();
  return *allocator;
}

}  // namespace

MTT_EXPORT void mtt_cpu_memory_begin() {
  counting_allocator().begin();
}

// The most bytes that tensors made since the beginning held at once.
MTT_EXPORT int64_t mtt_cpu_memory_end() {
  return counting_allocator().end();
}
