// A CUDA machine made of the processor, so that `mtt --device cuda` runs as it is where there is no GPU. Preloaded beside Debian's
// libtorch 1.13, which has no CUDA half of its own, it is one: the CUDA backend (each operator runs on the processor over the same
// bytes), its device guard, generator and stream, the newer operators that mtt asks for, the driver (libcuda.so.1) and NVRTC (the
// .cu text compiled by g++ against simt.h). Stricter than a card:
//   * device memory is not readable outside of operators and kernels: the host's hand on a device pointer is a crash;
//   * fresh memory is filled with NaN;
//   * operators refuse a mix of host and device tensors;
//   * the driver refuses a thread that has not bound a context, as a thread of autograd's own may not have;
//   * what would stall or copy is counted, into the file that FAKE_CUDA_COUNTS names.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/InferSize.h>
#include <ATen/TensorUtils.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <dlfcn.h>
#include <sys/mman.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using at::Tensor;
using torch::jit::Stack;

#define FAKE_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// ---- counts -----------------------------------------------------------------------------------------------------

struct Counts {
  std::mutex mutex;
  std::map<std::string, long> values;
  void add(const std::string& name) {
    std::lock_guard<std::mutex> lock(mutex);
    ++values[name];
  }
  ~Counts() {
    if (const char* path = getenv("FAKE_CUDA_COUNTS")) {
      std::ofstream file(path);
      for (const auto& [name, count] : values) file << name << ' ' << count << '\n';
    }
  }
};

Counts& counts() {
  static Counts instance;
  return instance;
}

// ---- device memory ----------------------------------------------------------------------------------------------

class Memory {
 public:
  Memory() : base_(static_cast<char*>(mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {}

  void* allocate(size_t bytes) {
    if (bytes == 0) return nullptr;
    if (bytes >= large) {
      // Apart, and open: changing the rights of so many pages takes its time.
      void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      TORCH_CHECK(pages != MAP_FAILED, "CUDA out of memory. Tried to allocate ", bytes, " bytes");
      std::lock_guard<std::mutex> lock(mutex_);
      sizes_[static_cast<char*>(pages)] = bytes;
      return pages;
    }
    const size_t rounded = (bytes + 511) / 512 * 512;
    std::lock_guard<std::mutex> lock(mutex_);
    char* found;
    auto& free = free_[rounded];
    if (!free.empty()) {
      found = free.back();
      free.pop_back();
    } else {
      TORCH_CHECK(used_ + rounded <= size, "CUDA out of memory. Tried to allocate ", bytes, " bytes");
      found = base_ + used_;
      used_ += rounded;
      if (open_ > 0) protect(PROT_READ | PROT_WRITE);
    }
    open_locked();
    memset(found, 0xff, rounded);
    close_locked();
    sizes_[found] = rounded;
    return found;
  }

  void release(void* data) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto at = sizes_.find(static_cast<char*>(data));
    if (at == sizes_.end()) return;
    if (at->second >= large) {
      munmap(at->first, at->second);
    } else {
      free_[at->second].push_back(at->first);
    }
    sizes_.erase(at);
  }

  void open() {
    std::lock_guard<std::mutex> lock(mutex_);
    open_locked();
  }
  void close() {
    std::lock_guard<std::mutex> lock(mutex_);
    close_locked();
  }

 private:
  static constexpr size_t size = size_t{4} << 30;
  static constexpr size_t large = size_t{64} << 20;
  void protect(int rights) { mprotect(base_, (used_ + 4095) / 4096 * 4096, rights); }
  void open_locked() {
    if (open_++ == 0) protect(PROT_READ | PROT_WRITE);
  }
  void close_locked() {
    if (--open_ == 0) protect(PROT_NONE);
  }
  char* base_;
  size_t used_ = 0;
  int open_ = 0;
  std::mutex mutex_;
  std::map<size_t, std::vector<char*>> free_;
  std::map<char*, size_t> sizes_;
};

Memory& memory() {
  static auto* instance = new Memory();
  return *instance;
}

struct Open {
  Open() { memory().open(); }
  ~Open() { memory().close(); }
};

struct FakeAllocator final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) const override {
    void* data = memory().allocate(bytes);
    return {data, data, [](void* given) { memory().release(given); }, c10::Device(c10::DeviceType::CUDA, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override {
    return [](void* given) { memory().release(given); };
  }
};

FakeAllocator allocator;

// ---- device guard, hooks ----------------------------------------------------------------------------------------

struct FakeGuard final : c10::impl::DeviceGuardImplInterface {
  FakeGuard() = default;
  explicit FakeGuard(c10::DeviceType) {}
  c10::DeviceType type() const override { return c10::DeviceType::CUDA; }
  c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
  c10::Device getDevice() const override { return c10::Device(c10::DeviceType::CUDA, 0); }
  void setDevice(c10::Device device) const override { TORCH_CHECK(device.index() <= 0, "invalid device ordinal"); }
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, device); }
  c10::Stream getDefaultStream(c10::Device device) const override { return getStream(device); }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void synchronizeStream(const c10::Stream&) const override { counts().add("synchronize"); }
};

C10_REGISTER_GUARD_IMPL(CUDA, FakeGuard);

struct FakeHooks final : at::CUDAHooksInterface {
  explicit FakeHooks(at::CUDAHooksArgs) {}
  void initCUDA() const override {}
  const at::Generator& getDefaultCUDAGenerator(c10::DeviceIndex = -1) const override {
    return at::detail::getDefaultCPUGenerator();
  }
  bool hasCUDA() const override { return true; }
  bool hasPrimaryContext(int64_t) const override { return true; }
  int64_t current_device() const override { return 0; }
  int getNumGPUs() const override { return 1; }
};

}  // namespace

namespace at {
using ::FakeHooks;
C10_REGISTER_CLASS(CUDAHooksRegistry, CUDAHooks, FakeHooks);
}  // namespace at

namespace {

// ---- operators --------------------------------------------------------------------------------------------------

std::string name_of(const c10::OperatorHandle& op) {
  const auto& name = op.operator_name();
  return name.name.substr(6) + (name.overload_name.empty() ? "" : "." + name.overload_name);
}

std::vector<int64_t> ints(const c10::IValue& value) {
  if (value.isIntList()) return value.toIntVector();
  std::vector<int64_t> result;
  for (const auto& item : value.toListRef()) result.push_back(item.isInt() ? item.toInt() : item.toSymInt().expect_int());
  return result;
}

Tensor fresh(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type) {
  return Tensor(at::detail::empty_strided_generic(
      sizes, strides, &allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA), type));
}

// The same bytes as a tensor of the processor.
Tensor host(const Tensor& tensor) {
  if (tensor.numel() == 0) return at::empty(tensor.sizes(), at::dtype(tensor.scalar_type()));
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(), at::dtype(tensor.scalar_type()));
}

Tensor device(const Tensor& tensor) {
  Tensor result = fresh(tensor.sizes(), tensor.strides(), tensor.scalar_type());
  if (tensor.numel() > 0) host(result).copy_(tensor);
  return result;
}

bool suits_cublas(const Tensor& matrix) {
  const auto strides = matrix.strides();
  const auto sizes = matrix.sizes();
  const size_t at = sizes.size() - 2;
  return (strides[at] == 1 && strides[at + 1] >= std::max<int64_t>(1, sizes[at])) ||
         (strides[at + 1] == 1 && strides[at] >= std::max<int64_t>(1, sizes[at + 1]));
}

// Any operator: on the processor, over the same bytes.
void fallback(const c10::OperatorHandle& op, Stack* stack) {
  at::AutoDispatchBelowADInplaceOrView guard;
  const std::string name = name_of(op);
  counts().add(name);
  const bool product = name.rfind("mm.", 0) == 0 || name.rfind("addmm", 0) == 0 || name.rfind("bmm", 0) == 0;
  const size_t count = op.schema().arguments().size();
  std::vector<std::pair<Tensor, Tensor>> pairs;
  const auto lower = [&](const Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    if (!tensor.is_cuda()) {
      TORCH_CHECK(tensor.dim() == 0, name, ": a host tensor ", tensor.sizes(), " among device tensors");
      counts().add("host number in " + name);
      return tensor;
    }
    if (product && tensor.dim() >= 2 && !suits_cublas(tensor)) counts().add("copied for a product");
    pairs.emplace_back(tensor, host(tensor));
    return pairs.back().second;
  };
  // The yardstick of a card's speed, whose result nobody reads: hours of a processor.
  if (name == "mm.out" && stack->back().toTensor().numel() >= 8192 * 8192) {
    const Tensor result = stack->back().toTensor();
    torch::jit::drop(*stack, count);
    return torch::jit::push(*stack, result);
  }
  Open open;
  for (size_t i = stack->size() - count; i < stack->size(); ++i) {
    c10::IValue& value = (*stack)[i];
    if (value.isTensor()) {
      value = lower(value.toTensor());
    } else if (value.isTensorList()) {
      c10::List<Tensor> list;
      for (const Tensor& item : value.toTensorVector()) list.push_back(lower(item));
      value = list;
    } else if (value.isDevice()) {
      value = c10::Device(c10::DeviceType::CPU);
    } else if (value.isList() && op.schema().arguments()[i + count - stack->size()].type()->str().find("Tensor?") == 0) {
      c10::List<c10::optional<Tensor>> list;
      for (const c10::IValue& item : value.toListRef()) {
        list.push_back(item.isNone() ? c10::optional<Tensor>() : c10::optional<Tensor>(lower(item.toTensor())));
      }
      value = list;
    }
  }
  op.callBoxed(stack);
  const auto raise = [&](const Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    for (auto& [above, below] : pairs) {
      if (!tensor.is_same(below)) continue;
      if (above.sizes() != below.sizes()) {
        // An out= tensor that was made empty.
        Tensor grown = device(below);
        above.unsafeGetTensorImpl()->set_storage_keep_dtype(grown.storage());
        above.unsafeGetTensorImpl()->set_sizes_and_strides(grown.sizes(), grown.strides());
      }
      return above;
    }
    return device(tensor);
  };
  for (c10::IValue& value : *stack) {
    if (value.isTensor()) {
      value = raise(value.toTensor());
    } else if (value.isTensorList()) {
      c10::List<Tensor> list;
      for (const Tensor& item : value.toTensorVector()) list.push_back(raise(item));
      value = list;
    }
  }
}

c10::IValue pop(Stack* stack) {
  return torch::jit::pop(*stack);
}

void empty(const c10::OperatorHandle&, Stack* stack) {
  // size, dtype, layout, device, pin_memory, memory_format
  const auto given = torch::jit::last(*stack, 6).vec();
  torch::jit::drop(*stack, 6);
  const auto type = given[1].isNone() ? at::kFloat : given[1].toScalarType();
  torch::jit::push(*stack, Tensor(at::detail::empty_generic(
      ints(given[0]), &allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA), type, c10::nullopt)));
}

void empty_strided(const c10::OperatorHandle&, Stack* stack) {
  const auto given = torch::jit::last(*stack, 6).vec();
  torch::jit::drop(*stack, 6);
  torch::jit::push(*stack, fresh(ints(given[0]), ints(given[1]), given[2].isNone() ? at::kFloat : given[2].toScalarType()));
}

Tensor viewed(const Tensor& self, at::IntArrayRef sizes, at::IntArrayRef strides, int64_t offset) {
  auto result = at::detail::make_tensor<at::TensorImpl>(
      c10::TensorImpl::VIEW, c10::Storage(self.storage()), self.key_set(), self.dtype());
  result.unsafeGetTensorImpl()->set_storage_offset(offset);
  result.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides);
  return result;
}

void view(const c10::OperatorHandle&, Stack* stack) {
  const auto wanted = ints(pop(stack));
  const Tensor self = pop(stack).toTensor();
  const auto sizes = at::infer_size(wanted, self.numel());
  const auto strides = at::detail::computeStride(self.sizes(), self.strides(), sizes);
  TORCH_CHECK(strides.has_value(), "view size is not compatible with input tensor's size and stride");
  torch::jit::push(*stack, viewed(self, sizes, *strides, self.storage_offset()));
}

void as_strided(const c10::OperatorHandle&, Stack* stack) {
  const c10::IValue offset = pop(stack);
  const auto strides = ints(pop(stack));
  const auto sizes = ints(pop(stack));
  const Tensor self = pop(stack).toTensor();
  const int64_t at = offset.isNone() ? self.storage_offset()
                     : offset.isInt() ? offset.toInt()
                                      : offset.toSymInt().expect_int();
  torch::jit::push(*stack, viewed(self, sizes, strides, at));
}

void reshape_alias(const c10::OperatorHandle&, Stack* stack) {
  const auto strides = ints(pop(stack));
  const auto sizes = ints(pop(stack));
  const Tensor self = pop(stack).toTensor();
  torch::jit::push(*stack, viewed(self, sizes, strides, self.storage_offset()));
}

void copy(const c10::OperatorHandle&, Stack* stack) {
  at::AutoDispatchBelowADInplaceOrView guard;
  pop(stack);
  const Tensor source = pop(stack).toTensor();
  const Tensor self = pop(stack).toTensor();
  counts().add(source.is_cuda() && self.is_cuda() ? "copy_" : self.is_cuda() ? "host to device" : "device to host");
  Open open;
  (self.is_cuda() ? host(self) : self).copy_(source.is_cuda() ? host(source) : source);
  torch::jit::push(*stack, self);
}

void number(const c10::OperatorHandle& op, Stack* stack) {
  at::AutoDispatchBelowADInplaceOrView guard;
  const Tensor self = pop(stack).toTensor();
  counts().add("item");
  Open open;
  torch::jit::push(*stack, host(self).item());
}

// bf16 products with fp32 results, as libtorch 2.8 and later have them.
Tensor mm_dtype(const Tensor& left, const Tensor& right, at::ScalarType type) {
  at::AutoDispatchBelowADInplaceOrView guard;
  TORCH_CHECK(left.scalar_type() == right.scalar_type() && type == at::kFloat, "mm.dtype: types");
  counts().add("mm.dtype");
  for (const Tensor& factor : {left, right}) {
    if (!suits_cublas(factor)) counts().add("copied for a product");
  }
  Open open;
  return device(host(left).to(at::kFloat).mm(host(right).to(at::kFloat)));
}

// Causal attention inside each sequence: [tokens, heads, width] and fewer key heads, as _flash_attention_forward lays them.
Tensor attend(Tensor query, Tensor key, Tensor value, const std::vector<int>& starts, double scale, int64_t left) {
  const int64_t group = query.size(1) / key.size(1);
  key = key.repeat_interleave(group, 1);
  value = value.repeat_interleave(group, 1);
  std::vector<Tensor> parts;
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    const int64_t length = starts[i + 1] - starts[i];
    const auto part = [&](const Tensor& all) { return all.narrow(0, starts[i], length).transpose(0, 1); };
    const Tensor position = at::arange(length);
    const Tensor back = position.unsqueeze(1) - position.unsqueeze(0);
    Tensor hidden = back.lt(0);
    if (left >= 0) hidden = hidden.logical_or(back.gt(left));
    const Tensor scores = (part(query).matmul(part(key).transpose(1, 2)) * scale).masked_fill(hidden, -INFINITY);
    parts.push_back(scores.softmax(-1).matmul(part(value)).transpose(0, 1));
  }
  return at::cat(parts);
}

struct Flash : torch::autograd::Function<Flash> {
  static std::vector<int> starts_of(const Tensor& starts) {
    const Tensor there = host(starts);
    return {there.data_ptr<int>(), there.data_ptr<int>() + there.numel()};
  }
  static Tensor forward(
      torch::autograd::AutogradContext* ctx, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& starts,
      double scale, int64_t left) {
    at::AutoDispatchBelowADInplaceOrView guard;
    ctx->save_for_backward({query, key, value, starts});
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["left"] = left;
    Open open;
    const auto wide = [](const Tensor& tensor) { return host(tensor).to(at::kFloat); };
    return device(attend(wide(query), wide(key), wide(value), starts_of(starts), scale, left).to(query.scalar_type()).contiguous());
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx, torch::autograd::variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    counts().add("_flash_attention_backward");
    std::vector<Tensor> results;
    {
      Open open;
      std::vector<Tensor> leaves;
      for (int i = 0; i < 3; ++i) {
        at::AutoDispatchBelowADInplaceOrView guard;
        leaves.push_back(host(saved[i]).to(at::kFloat));
      }
      for (Tensor& leaf : leaves) leaf.requires_grad_();
      at::AutoGradMode on(true);
      const Tensor out = attend(
          leaves[0], leaves[1], leaves[2], starts_of(saved[3]), ctx->saved_data["scale"].toDouble(), ctx->saved_data["left"].toInt());
      Tensor grad;
      {
        at::AutoDispatchBelowADInplaceOrView guard;
        grad = host(grads[0]).to(at::kFloat);
      }
      for (const Tensor& slope : torch::autograd::grad({out}, leaves, {grad})) {
        at::AutoDispatchBelowADInplaceOrView guard;
        results.push_back(device(slope.to(saved[0].scalar_type()).contiguous()));
      }
    }
    return {results[0], results[1], results[2], Tensor(), Tensor(), Tensor()};
  }
};

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> flash(
    const Tensor& query, const Tensor& key, const Tensor& value, const c10::optional<Tensor>& cum_seq_q,
    const c10::optional<Tensor>& cum_seq_k, int64_t max_q, int64_t max_k, double dropout_p, bool is_causal, bool return_debug_mask,
    c10::optional<double> scale, c10::optional<int64_t> window_size_left, c10::optional<int64_t> window_size_right) {
  counts().add("_flash_attention_forward");
  for (const Tensor& given : {query, key, value}) {
    TORCH_CHECK(given.is_cuda() && given.scalar_type() == at::kBFloat16, "flash attention: bf16 on the device");
    TORCH_CHECK(given.dim() == 3 && given.stride(-1) == 1, "flash attention: [tokens, heads, width]");
  }
  const Tensor starts = cum_seq_q.value();
  TORCH_CHECK(starts.is_cuda() && starts.scalar_type() == at::kInt && starts.is_contiguous(), "flash attention: cu_seqlens");
  TORCH_CHECK(cum_seq_k.value().is_same(starts) && max_q == max_k && dropout_p == 0 && is_causal && !return_debug_mask, "flash");
  TORCH_CHECK(!window_size_left || window_size_right == 0, "flash attention: a causal window");
  {
    Open open;
    const auto all = Flash::starts_of(starts);
    TORCH_CHECK(all.front() == 0 && all.back() == query.size(0), "flash attention: cu_seqlens do not cover the tokens");
    for (size_t i = 0; i + 1 < all.size(); ++i) TORCH_CHECK(all[i + 1] - all[i] <= max_q, "flash attention: max_q");
  }
  const Tensor out = Flash::apply(query, key, value, starts, scale.value(), window_size_left.value_or(-1));
  return {out, Tensor(), Tensor(), Tensor(), Tensor()};
}

template <void (*Kernel)(const c10::OperatorHandle&, Stack*)>
torch::CppFunction boxed() {
  return torch::CppFunction::makeFromBoxedFunction<Kernel>();
}

TORCH_LIBRARY_FRAGMENT(aten, m) {
  c10::SetAllocator(c10::DeviceType::CUDA, &allocator);
  m.def("mm.dtype(Tensor self, Tensor mat2, ScalarType out_dtype) -> Tensor");
  m.def(
      "_flash_attention_forward(Tensor query, Tensor key, Tensor value, Tensor? cum_seq_q, Tensor? cum_seq_k, int max_q, int max_k, "
      "float dropout_p, bool is_causal, bool return_debug_mask, *, float? scale=None, int? window_size_left=None, "
      "int? window_size_right=None) -> (Tensor, Tensor, Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(_, CUDA, m) {
  m.fallback(boxed<&fallback>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty.memory_format", boxed<&empty>());
  m.impl("empty_strided", boxed<&empty_strided>());
  m.impl("view", boxed<&view>());
  m.impl("as_strided", boxed<&as_strided>());
  m.impl("_reshape_alias", boxed<&reshape_alias>());
  m.impl("copy_", boxed<&copy>());
  m.impl("_local_scalar_dense", boxed<&number>());
  m.impl("mm.dtype", mm_dtype);
  m.impl("_flash_attention_forward", flash);
}

TORCH_LIBRARY_IMPL(aten, AutogradCUDA, m) {
  m.impl("_flash_attention_forward", flash);
}

}  // namespace

// c10::cuda::CUDAStream::stream(): the default stream.
FAKE_EXPORT void* fake_stream(const void*) asm("_ZNK3c104cuda10CUDAStream6streamEv");
void* fake_stream(const void*) {
  return nullptr;
}

// ---- the driver -------------------------------------------------------------------------------------------------

namespace {
thread_local void* context = nullptr;
int retained = 0;
constexpr int kInvalidValue = 1, kInvalidContext = 201, kNotFound = 500;
}  // namespace

FAKE_EXPORT int cuInit(unsigned flags) {
  return flags == 0 ? 0 : kInvalidValue;
}
FAKE_EXPORT int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 ? 0 : 101;
}
FAKE_EXPORT int cuDeviceGetAttribute(int* value, int attribute, int device) {
  if (device != 0 || (attribute != 75 && attribute != 76)) return kInvalidValue;
  *value = attribute == 75 ? 9 : 0;
  return 0;
}
FAKE_EXPORT int cuDevicePrimaryCtxRetain(void** result, int device) {
  if (device != 0) return 101;
  *result = &retained;
  ++retained;
  return 0;
}
FAKE_EXPORT int cuCtxGetCurrent(void** result) {
  *result = context;
  return 0;
}
FAKE_EXPORT int cuCtxSetCurrent(void* given) {
  if (given != &retained || retained == 0) return kInvalidValue;
  context = given;
  counts().add("cuCtxSetCurrent");
  return 0;
}
FAKE_EXPORT int cuMemGetInfo_v2(size_t* free, size_t* total) {
  if (context == nullptr) return kInvalidContext;
  const char* given = getenv("FAKE_CUDA_FREE");
  *free = given == nullptr ? size_t{80} << 30 : strtoull(given, nullptr, 10);
  *total = *free;
  return 0;
}
FAKE_EXPORT int cuModuleLoadData(void** module, const char* image) {
  if (context == nullptr) return kInvalidContext;
  *module = dlopen(image, RTLD_NOW);
  return *module == nullptr ? 218 : 0;
}
FAKE_EXPORT int cuModuleGetFunction(void** function, void* module, const char* name) {
  if (context == nullptr) return kInvalidContext;
  *function = dlsym(module, (std::string("simt_") + name).c_str());
  return *function == nullptr ? kNotFound : 0;
}
FAKE_EXPORT int cuLaunchKernel(
    void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
    unsigned shared, void* stream, void** parameters, void** extra) {
  if (context == nullptr) return kInvalidContext;
  if (grid_x == 0 || grid_y != 1 || grid_z != 1 || block_x == 0 || block_x > 1024 || block_y != 1 || block_z != 1 || shared != 0 ||
      stream != nullptr || extra != nullptr) {
    return kInvalidValue;
  }
  Dl_info info;
  if (dladdr(function, &info) != 0 && info.dli_sname != nullptr) counts().add(info.dli_sname);
  static std::mutex one;  // the emulator has one set of shared memory
  std::lock_guard<std::mutex> lock(one);
  Open open;
  return reinterpret_cast<int (*)(long long, unsigned, void**)>(function)(grid_x, block_x, parameters) == 0 ? 0 : 700;
}
FAKE_EXPORT int cuGetErrorString(int code, const char** text) {
  *text = code == kInvalidContext ? "invalid device context" : "an error of the fake driver";
  return 0;
}

// ---- NVRTC ------------------------------------------------------------------------------------------------------

namespace {
struct Program {
  std::string source, log, image;
};
}  // namespace

FAKE_EXPORT int nvrtcCreateProgram(
    Program** program, const char* source, const char* name, int headers, const char* const* texts, const char* const* names) {
  if (source == nullptr || name == nullptr || headers != 0 || texts != nullptr || names != nullptr) return 3;
  *program = new Program{source, "", ""};
  return 0;
}
FAKE_EXPORT int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
  bool architecture = false;
  for (int i = 0; i < count; ++i) architecture |= strcmp(options[i], "--gpu-architecture=sm_90") == 0;
  const char* folder = getenv("FAKE_CUDA_FOLDER");
  const char* header = getenv("FAKE_CUDA_SIMT");
  if (!architecture || folder == nullptr || header == nullptr) {
    program->log = "the fake compiler needs sm_90, FAKE_CUDA_FOLDER and FAKE_CUDA_SIMT";
    return 6;
  }
  const std::string stem = std::string(folder) + "/kernels-" + std::to_string(std::hash<std::string>()(program->source));
  program->image = stem + ".so";
  if (std::ifstream(program->image).good()) return 0;
  // The preload is for this process.
  const std::string own = stem + "." + std::to_string(getpid());
  std::ofstream file(own + ".cpp");
  file << "#include \"" << header << "\"\n" << program->source << '\n';
  const std::string mark = "extern \"C\" __global__ void ";
  for (size_t at = 0; (at = program->source.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    file << "SIMT_EXPORT(" << program->source.substr(at, program->source.find('(', at) - at) << ")\n";
  }
  file.close();
  const std::string command = "env -u LD_PRELOAD g++ -std=c++17 -O1 -fPIC -shared -w " + own + ".cpp -o " + own + ".so 2> " + own +
                              ".log && mv " + own + ".so " + program->image;
  if (system(command.c_str()) == 0) return 0;
  std::ifstream said(own + ".log");
  program->log.assign(std::istreambuf_iterator<char>(said), {});
  return 6;
}
FAKE_EXPORT int nvrtcGetCUBINSize(Program* program, size_t* size) {
  *size = program->image.size() + 1;
  return 0;
}
FAKE_EXPORT int nvrtcGetCUBIN(Program* program, char* image) {
  memcpy(image, program->image.c_str(), program->image.size() + 1);
  return 0;
}
FAKE_EXPORT int nvrtcGetProgramLogSize(Program* program, size_t* size) {
  *size = program->log.size() + 1;
  return 0;
}
FAKE_EXPORT int nvrtcGetProgramLog(Program* program, char* log) {
  memcpy(log, program->log.c_str(), program->log.size() + 1);
  return 0;
}
FAKE_EXPORT int nvrtcDestroyProgram(Program** program) {
  delete *program;
  *program = nullptr;
  return 0;
}
