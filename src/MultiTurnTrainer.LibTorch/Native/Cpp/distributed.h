// Several processes: libtorch's store over TCP, and Gloo's collectives over memory of the processor. Where NativeBuild.cs does not
// say MTT_GLOO, nothing of it is exported.

#pragma once

#include "handles.h"

#ifdef MTT_GLOO

#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>

namespace {

c10d::TCPStore* store_of(void* handle) {
  return static_cast<c10d::TCPStore*>(handle);
}

}  // namespace

// A store at a port: served from this process, or another's. A client tries until the limit, which then is that of each call.
MTT_EXPORT int mtt_store_open(const char* host, int32_t port, int32_t serves, int64_t milliseconds, void** result) {
  return guarded([&] {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = serves != 0;
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(milliseconds);
    *result = c10::make_intrusive<c10d::TCPStore>(host, options).release();
  });
}

MTT_EXPORT void mtt_store_free(void* store) {
  c10::intrusive_ptr<c10d::TCPStore>::reclaim(store_of(store));
}

MTT_EXPORT int mtt_store_timeout(void* store, int64_t milliseconds) {
  return guarded([&] { store_of(store)->setTimeout(std::chrono::milliseconds(milliseconds)); });
}

MTT_EXPORT int mtt_store_set(void* store, const char* key, const uint8_t* bytes, int64_t length) {
  return guarded([&] { store_of(store)->set(key, std::vector<uint8_t>(bytes, bytes + length)); });
}

// Waits until there is a value; it comes as a tensor of bytes.
MTT_EXPORT int mtt_store_get(void* store, const char* key, void** result) {
  return guarded([&] {
    const std::vector<uint8_t> value = store_of(store)->get(key);
    Tensor bytes = at::empty({static_cast<int64_t>(value.size())}, at::kByte);
    std::memcpy(bytes.data_ptr(), value.data(), value.size());
    *result = own(std::move(bytes));
  });
}

MTT_EXPORT int mtt_store_has(void* store, const char* key, int32_t* result) {
  return guarded([&] { *result = store_of(store)->check({key}) ? 1 : 0; });
}

MTT_EXPORT int mtt_store_remove(void* store, const char* key) {
  return guarded([&] { store_of(store)->deleteKey(key); });
}

namespace {

c10d::ProcessGroupGloo* group_of(void* handle) {
  return static_cast<c10d::ProcessGroupGloo*>(handle);
}

}  // namespace

// interface: where the others reach this process, by the name of a network interface; empty for that of the machine's name.
MTT_EXPORT int mtt_gloo_open(
    void* store, const char* prefix, int32_t rank, int32_t size, const char* interface, int64_t milliseconds, void** result) {
  return guarded([&] {
    using Group = c10d::ProcessGroupGloo;
    auto options = Group::Options::create(std::chrono::milliseconds(milliseconds));
    options->devices.push_back(
        *interface == '\0' ? Group::createDefaultDevice() : Group::createDeviceForInterface(interface));
    auto shared = c10::intrusive_ptr<c10d::Store>::reclaim_copy(store_of(store));
    auto own_keys = c10::make_intrusive<c10d::PrefixStore>(prefix, std::move(shared));
    *result = c10::make_intrusive<Group>(std::move(own_keys), rank, size, options).release();
  });
}

MTT_EXPORT void mtt_gloo_free(void* group) {
  c10::intrusive_ptr<c10d::ProcessGroupGloo>::reclaim(group_of(group));
}

MTT_EXPORT int mtt_gloo_all_reduce(void* group, void* tensor) {
  return guarded([&] {
    std::vector<Tensor> tensors{borrow(tensor)};
    group_of(group)->allreduce(tensors)->wait();
  });
}

MTT_EXPORT int mtt_gloo_broadcast(void* group, void* tensor) {
  return guarded([&] {
    std::vector<Tensor> tensors{borrow(tensor)};
    group_of(group)->broadcast(tensors)->wait();
  });
}

#endif
