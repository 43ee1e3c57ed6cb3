// The native half of mtt's libtorch binding: a C ABI over the dispatcher, autograd and the generators of whatever
// libtorch is on the machine. No CUDA headers. Compiled on first use by NativeBuild.cs; one source for 1.13 to 2.x.
//
// Conventions: a tensor crosses the border as an owned at::TensorImpl* (null = undefined). Functions return 0, or -1 with
// the message in mtt_error(). Nothing throws across the border.

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/Generator.h>
#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable.h>

#include <torch/csrc/api/include/torch/version.h>

#include <dlfcn.h>
#include <malloc.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#define MTT_TORCH (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)

#if MTT_TORCH >= 209 && !defined(MTT_NO_DEVICE_ALLOCATOR) && __has_include(<c10/core/CachingDeviceAllocator.h>)
#include <c10/core/CachingDeviceAllocator.h>
#define MTT_DEVICE_ALLOCATOR 1
#endif

#define MTT_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// std::optional or c10::optional, whichever this libtorch's schemas are written with.
template <class T>
struct same_template;
template <template <class> class Outer, class Inner>
struct same_template<Outer<Inner>> {
  template <class T>
  using of = Outer<T>;
};
template <class T>
using optional =
    typename same_template<std::decay_t<decltype(std::declval<const c10::Argument&>().default_value())>>::template of<T>;

using at::Tensor;
using at::TensorImpl;

thread_local std::string last_error;
std::atomic<int64_t> live_handles{0};

template <class F>
int guarded(F&& body) {
  try {
    body();
    return 0;
  } catch (const c10::Error& error) {
    last_error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "unknown native error";
  }
  return -1;
}

Tensor borrow(void* handle) {
  if (handle == nullptr) {
    return Tensor();
  }
  return Tensor(c10::intrusive_ptr<TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(static_cast<TensorImpl*>(handle)));
}

void* own(Tensor tensor) {
  if (!tensor.defined()) {
    return nullptr;
  }
  live_handles.fetch_add(1, std::memory_order_relaxed);
  return tensor.unsafeReleaseTensorImpl();
}

Tensor take(void* handle) {
  if (handle == nullptr) {
    return Tensor();
  }
  live_handles.fetch_sub(1, std::memory_order_relaxed);
  return Tensor(c10::intrusive_ptr<TensorImpl, c10::UndefinedTensorImpl>::reclaim(static_cast<TensorImpl*>(handle)));
}

// ---- operators by name ------------------------------------------------------------------------------------------

enum Kind : int32_t {
  kNone = 0,
  kTensor = 1,
  kInt = 2,
  kDouble = 3,
  kBool = 4,
  kIntList = 5,
  kDoubleList = 6,
  kTensorList = 7,
  kString = 8,
  kDevice = 9,
  kDefault = 10,
};

struct Value {
  int32_t kind;
  int32_t count;
  union {
    int64_t i;
    double d;
    void* p;
  };
};

struct Slot {
  std::string name;
  c10::TypePtr type;
  bool nullable;
  int32_t given;  // index among the caller's arguments, or -1
  optional<c10::IValue> fallback;
};

struct Plan {
  c10::OperatorHandle op;
  std::vector<Slot> slots;
  std::vector<std::string> ignored;  // optional parameters this version does not have
  std::vector<int32_t> ignored_index;
};

c10::Device unpack_device(int64_t packed) {
  return c10::Device(
      static_cast<c10::DeviceType>(packed >> 16), static_cast<c10::DeviceIndex>(static_cast<int16_t>(packed & 0xffff)));
}

template <class T, class U>
c10::List<T> list_of(const U* items, int32_t count) {
  c10::List<T> list;
  list.reserve(count);
  for (int32_t i = 0; i < count; ++i) {
    list.push_back(static_cast<T>(items[i]));
  }
  return list;
}

c10::IValue to_ivalue(const Value& value, const Slot& slot) {
  const c10::TypeKind kind = slot.type->kind();
  switch (value.kind) {
    case kNone:
      if (kind == c10::TypeKind::TensorType && !slot.nullable) {
        return c10::IValue(Tensor());
      }
      return c10::IValue();
    case kTensor:
      return c10::IValue(borrow(value.p));
    case kInt:
      if (kind == c10::TypeKind::FloatType) {
        return c10::IValue(static_cast<double>(value.i));
      }
      if (kind == c10::TypeKind::BoolType) {
        return c10::IValue(value.i != 0);
      }
      if (kind == c10::TypeKind::ListType) {
        return c10::IValue(list_of<int64_t>(&value.i, 1));
      }
      return c10::IValue(value.i);
    case kDouble:
      TORCH_CHECK(
          kind == c10::TypeKind::FloatType || kind == c10::TypeKind::NumberType,
          "argument '", slot.name, "' must be ", slot.type->str(), ", not a floating-point number");
      return c10::IValue(value.d);
    case kBool:
      return kind == c10::TypeKind::IntType ? c10::IValue(value.i) : c10::IValue(value.i != 0);
    case kIntList: {
      const auto* items = static_cast<const int64_t*>(value.p);
      TORCH_CHECK(kind == c10::TypeKind::ListType, "argument '", slot.name, "' must be ", slot.type->str(), ", not a list");
      const c10::TypeKind element = slot.type->castRaw<c10::ListType>()->getElementType()->kind();
      if (element == c10::TypeKind::BoolType) {
        return c10::IValue(list_of<bool>(items, value.count));
      }
      if (element == c10::TypeKind::FloatType) {
        return c10::IValue(list_of<double>(items, value.count));
      }
      return c10::IValue(list_of<int64_t>(items, value.count));
    }
    case kDoubleList:
      return c10::IValue(list_of<double>(static_cast<const double*>(value.p), value.count));
    case kTensorList: {
      auto* const* items = static_cast<void* const*>(value.p);
      TORCH_CHECK(kind == c10::TypeKind::ListType, "argument '", slot.name, "' must be ", slot.type->str(), ", not a list");
      const auto& element = slot.type->castRaw<c10::ListType>()->getElementType();
      if (element->kind() == c10::TypeKind::OptionalType) {
        c10::List<optional<Tensor>> list;
        list.reserve(value.count);
        for (int32_t i = 0; i < value.count; ++i) {
          if (items[i] == nullptr) {
            list.push_back(optional<Tensor>());
          } else {
            list.push_back(optional<Tensor>(borrow(items[i])));
          }
        }
        return c10::IValue(std::move(list));
      }
      c10::List<Tensor> list;
      list.reserve(value.count);
      for (int32_t i = 0; i < value.count; ++i) {
        list.push_back(borrow(items[i]));
      }
      return c10::IValue(std::move(list));
    }
    case kString:
      return c10::IValue(std::string(static_cast<const char*>(value.p), value.count));
    case kDevice:
      return c10::IValue(unpack_device(value.i));
    default:
      TORCH_CHECK(slot.fallback.has_value(), "argument '", slot.name, "' is required");
      return *slot.fallback;
  }
}

thread_local std::vector<void*> list_results;

void to_value(const c10::IValue& result, Value* out) {
  out->count = 0;
  if (result.isTensor()) {
    out->kind = kTensor;
    out->p = own(result.toTensor());
  } else if (result.isInt()) {
    out->kind = kInt;
    out->i = result.toInt();
  } else if (result.isDouble()) {
    out->kind = kDouble;
    out->d = result.toDouble();
  } else if (result.isBool()) {
    out->kind = kBool;
    out->i = result.toBool() ? 1 : 0;
  } else if (result.isNone()) {
    out->kind = kNone;
    out->i = 0;
  } else if (result.isTensorList()) {
    list_results.clear();
    for (const Tensor& item : result.toTensorVector()) {
      list_results.push_back(own(item));
    }
    out->kind = kTensorList;
    out->count = static_cast<int32_t>(list_results.size());
    out->p = list_results.data();
  } else if (result.isScalar()) {
    out->kind = kDouble;
    out->d = result.toScalar().toDouble();
  } else {
    TORCH_CHECK(false, "a result of type ", result.tagKind(), " is not supported");
  }
}

// ---- custom autograd functions ----------------------------------------------------------------------------------

using BackwardCallback = int (*)(int64_t id, void** grads, int32_t grad_count, void** results, int32_t result_count);
using ReleaseCallback = void (*)(int64_t id);

BackwardCallback backward_callback = nullptr;
ReleaseCallback release_callback = nullptr;
thread_local std::string managed_error;

struct ManagedNode final : torch::autograd::Node {
  ManagedNode(int64_t id, std::string label) : id_(id), label_(std::move(label)) {}

  ~ManagedNode() override {
    release_callback(id_);
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& grads) override {
    TORCH_CHECK(!released_, torch::autograd::ERR_BACKWARD_TWICE);
    std::vector<void*> in;
    in.reserve(grads.size());
    for (auto& grad : grads) {
      in.push_back(own(std::move(grad)));
    }
    std::vector<void*> out(num_outputs(), nullptr);
    managed_error.clear();
    const int code = backward_callback(
        id_, in.data(), static_cast<int32_t>(in.size()), out.data(), static_cast<int32_t>(out.size()));
    TORCH_CHECK(code == 0, label_, ": ", managed_error);
    torch::autograd::variable_list results;
    results.reserve(out.size());
    for (void* handle : out) {
      results.push_back(take(handle));
    }
    return results;
  }

  void release_variables() override {
    released_ = true;
    saved_.clear();
  }

  std::string name() const override {
    return label_;
  }

  int64_t id_;
  std::string label_;
  bool released_ = false;
  std::vector<torch::autograd::SavedVariable> saved_;
};

// ---- generators -------------------------------------------------------------------------------------------------

at::Generator generator_of(int64_t device) {
  return at::globalContext().defaultGenerator(unpack_device(device));
}

}  // namespace

MTT_EXPORT const char* mtt_error() {
  return last_error.c_str();
}

MTT_EXPORT void mtt_set_managed_error(const char* message) {
  managed_error = message;
}

MTT_EXPORT const char* mtt_torch_version() {
  return TORCH_VERSION;
}

// Names: NUL-separated parameter names; a trailing '?' marks one that a libtorch may lack.
MTT_EXPORT void* mtt_operator(const char* name, const char* overload, const char* const* parameters, int32_t count) {
  void* result = nullptr;
  guarded([&] {
    auto found = c10::Dispatcher::singleton().findSchema(c10::OperatorName(name, overload));
    TORCH_CHECK(found.has_value(), "this libtorch (", TORCH_VERSION, ") has no such operator");
    auto plan = std::make_unique<Plan>(Plan{*found, {}, {}, {}});
    std::vector<bool> used(count, false);
    for (const auto& argument : found->schema().arguments()) {
      Slot slot;
      slot.name = argument.name();
      slot.type = argument.type();
      slot.nullable = false;
      if (auto opt = slot.type->cast<c10::OptionalType>()) {
        slot.type = opt->getElementType();
        slot.nullable = true;
      }
      slot.given = -1;
      if (argument.default_value().has_value()) {
        slot.fallback = *argument.default_value();
      } else if (slot.nullable) {
        slot.fallback = c10::IValue();
      }
      for (int32_t i = 0; i < count; ++i) {
        std::string given = parameters[i];
        if (!given.empty() && given.back() == '?') {
          given.pop_back();
        }
        if (given == slot.name) {
          slot.given = i;
          used[i] = true;
        }
      }
      TORCH_CHECK(slot.given >= 0 || slot.fallback.has_value(), "argument '", slot.name, "' is required: ", found->schema());
      plan->slots.push_back(std::move(slot));
    }
    for (int32_t i = 0; i < count; ++i) {
      const std::string given = parameters[i];
      if (!used[i]) {
        TORCH_CHECK(!given.empty() && given.back() == '?', "no argument named '", given, "': ", found->schema());
        plan->ignored.push_back(given);
        plan->ignored_index.push_back(i);
      }
    }
    result = plan.release();
  });
  return result;
}

MTT_EXPORT int mtt_call(void* handle, const Value* values, Value* results, int32_t capacity, int32_t* result_count) {
  return guarded([&] {
    const auto* plan = static_cast<const Plan*>(handle);
    for (size_t i = 0; i < plan->ignored_index.size(); ++i) {
      const Value& value = values[plan->ignored_index[i]];
      TORCH_CHECK(
          value.kind == kNone || value.kind == kDefault,
          "this libtorch (", TORCH_VERSION, ") does not know the argument '", plan->ignored[i], "'");
    }
    torch::jit::Stack stack;
    stack.reserve(plan->slots.size());
    for (const Slot& slot : plan->slots) {
      if (slot.given >= 0) {
        stack.push_back(to_ivalue(values[slot.given], slot));
      } else {
        stack.push_back(*slot.fallback);
      }
    }
    plan->op.callBoxed(&stack);
    TORCH_CHECK(static_cast<int32_t>(stack.size()) <= capacity, "too many results");
    for (size_t i = 0; i < stack.size(); ++i) {
      to_value(stack[i], &results[i]);
    }
    *result_count = static_cast<int32_t>(stack.size());
  });
}

// ---- tensors ----------------------------------------------------------------------------------------------------

MTT_EXPORT void mtt_tensor_free(void* handle) {
  take(handle);
}

MTT_EXPORT void* mtt_tensor_alias(void* handle) {
  return own(borrow(handle));
}

MTT_EXPORT int64_t mtt_live_handles() {
  return live_handles.load(std::memory_order_relaxed);
}

MTT_EXPORT int64_t mtt_tensor_dim(void* handle) {
  return static_cast<TensorImpl*>(handle)->dim();
}

MTT_EXPORT void mtt_tensor_sizes(void* handle, int64_t* sizes, int64_t* strides) {
  auto* impl = static_cast<TensorImpl*>(handle);
  const auto size = impl->sizes();
  std::memcpy(sizes, size.data(), size.size() * sizeof(int64_t));
  if (strides != nullptr) {
    const auto stride = impl->strides();
    std::memcpy(strides, stride.data(), stride.size() * sizeof(int64_t));
  }
}

MTT_EXPORT int64_t mtt_tensor_size(void* handle, int64_t dim) {
  return static_cast<TensorImpl*>(handle)->sizes()[dim];
}

MTT_EXPORT int64_t mtt_tensor_numel(void* handle) {
  return static_cast<TensorImpl*>(handle)->numel();
}

MTT_EXPORT int32_t mtt_tensor_dtype(void* handle) {
  return static_cast<int32_t>(c10::typeMetaToScalarType(static_cast<TensorImpl*>(handle)->dtype()));
}

MTT_EXPORT int64_t mtt_tensor_device(void* handle) {
  const auto device = static_cast<TensorImpl*>(handle)->device();
  return (static_cast<int64_t>(device.type()) << 16) | (static_cast<int64_t>(device.index()) & 0xffff);
}

// bit 0 contiguous, 1 requires_grad, 2 leaf, 3 has grad_fn
MTT_EXPORT int32_t mtt_tensor_flags(void* handle) {
  const Tensor tensor = borrow(handle);
  const bool has_grad_fn = tensor.grad_fn() != nullptr;
  return (tensor.is_contiguous() ? 1 : 0) | (tensor.requires_grad() ? 2 : 0) | (has_grad_fn ? 0 : 4) | (has_grad_fn ? 8 : 0);
}

MTT_EXPORT void* mtt_tensor_data(void* handle) {
  void* result = nullptr;
  guarded([&] { result = borrow(handle).data_ptr(); });
  return result;
}

MTT_EXPORT int mtt_tensor_set_requires_grad(void* handle, int32_t value) {
  return guarded([&] { borrow(handle).set_requires_grad(value != 0); });
}

MTT_EXPORT void* mtt_tensor_grad(void* handle) {
  void* result = nullptr;
  guarded([&] { result = own(borrow(handle).grad()); });
  return result;
}

MTT_EXPORT int mtt_tensor_set_grad(void* handle, void* grad) {
  return guarded([&] { borrow(handle).mutable_grad() = borrow(grad); });
}

MTT_EXPORT int mtt_from_blob(
    void* data,
    const int64_t* sizes,
    const int64_t* strides,
    int32_t dims,
    int32_t dtype,
    int64_t device,
    void (*free)(int64_t),
    int64_t id,
    void** result) {
  return guarded([&] {
    auto options = at::TensorOptions().dtype(static_cast<c10::ScalarType>(dtype)).device(unpack_device(device));
    const at::IntArrayRef shape(sizes, dims);
    auto release = [free, id](void*) {
      if (free != nullptr) {
        free(id);
      }
    };
    *result = own(
        strides == nullptr ? at::from_blob(data, shape, release, options)
                           : at::from_blob(data, shape, at::IntArrayRef(strides, dims), release, options));
  });
}

// ---- autograd ---------------------------------------------------------------------------------------------------

MTT_EXPORT int32_t mtt_grad_mode(int32_t value) {
  const bool before = c10::GradMode::is_enabled();
  if (value >= 0) {
    c10::GradMode::set_enabled(value != 0);
  }
  return before ? 1 : 0;
}

static std::vector<Tensor> tensors_of(void* const* handles, int32_t count) {
  std::vector<Tensor> tensors;
  tensors.reserve(count);
  for (int32_t i = 0; i < count; ++i) {
    tensors.push_back(borrow(handles[i]));
  }
  return tensors;
}

MTT_EXPORT int mtt_backward(
    void* const* outputs,
    void* const* grads,
    int32_t output_count,
    int32_t retain_graph,
    int32_t create_graph,
    void* const* inputs,
    int32_t input_count) {
  return guarded([&] {
    optional<bool> retain;
    if (retain_graph >= 0) {
      retain = retain_graph != 0;
    }
    torch::autograd::backward(
        tensors_of(outputs, output_count),
        grads == nullptr ? std::vector<Tensor>() : tensors_of(grads, output_count),
        retain,
        create_graph != 0,
        tensors_of(inputs, input_count));
  });
}

MTT_EXPORT int mtt_grad(
    void* const* outputs,
    void* const* grads,
    int32_t output_count,
    void* const* inputs,
    int32_t input_count,
    int32_t retain_graph,
    int32_t create_graph,
    int32_t allow_unused,
    void** results) {
  return guarded([&] {
    optional<bool> retain;
    if (retain_graph >= 0) {
      retain = retain_graph != 0;
    }
    auto found = torch::autograd::grad(
        tensors_of(outputs, output_count),
        tensors_of(inputs, input_count),
        grads == nullptr ? std::vector<Tensor>() : tensors_of(grads, output_count),
        retain,
        create_graph != 0,
        allow_unused != 0);
    for (size_t i = 0; i < found.size(); ++i) {
      results[i] = own(found[i]);
    }
  });
}

MTT_EXPORT void mtt_set_callbacks(BackwardCallback backward, ReleaseCallback release) {
  backward_callback = backward;
  release_callback = release;
}

// Whether a function of these inputs must be recorded.
MTT_EXPORT int32_t mtt_needs_grad(void* const* inputs, int32_t count) {
  if (!c10::GradMode::is_enabled()) {
    return 0;
  }
  for (int32_t i = 0; i < count; ++i) {
    if (inputs[i] != nullptr && borrow(inputs[i]).requires_grad()) {
      return 1;
    }
  }
  return 0;
}

// Makes one node between inputs and outputs. The node lives as long as the graph refers to it; node receives a borrowed
// pointer, valid inside backward callbacks.
MTT_EXPORT int mtt_function(
    int64_t id,
    const char* label,
    void* const* inputs,
    int32_t input_count,
    void* const* outputs,
    int32_t output_count,
    void* const* saved,
    int32_t saved_count,
    void** node) {
  return guarded([&] {
    std::shared_ptr<ManagedNode> function(new ManagedNode(id, label), torch::autograd::deleteNode);
    function->set_next_edges(torch::autograd::collect_next_edges(tensors_of(inputs, input_count)));
    for (int32_t i = 0; i < output_count; ++i) {
      Tensor output = borrow(outputs[i]);
      if (!output.defined()) {
        function->add_input_metadata(torch::autograd::Node::undefined_input());
        continue;
      }
      for (int32_t j = 0; j < input_count; ++j) {
        TORCH_CHECK(outputs[i] != inputs[j], label, " returns one of its inputs: return a new tensor instead");
      }
      torch::autograd::set_history(output, function);
    }
    for (int32_t i = 0; i < saved_count; ++i) {
      const Tensor tensor = borrow(saved[i]);
      function->saved_.emplace_back(tensor, tensor.defined() && tensor.grad_fn() == function);
    }
    *node = function.get();
  });
}

MTT_EXPORT int mtt_function_saved(void* node, void** results, int32_t capacity) {
  int32_t count = 0;
  const int code = guarded([&] {
    auto* function = static_cast<ManagedNode*>(node);
    TORCH_CHECK(!function->released_, torch::autograd::ERR_BACKWARD_TWICE);
    auto self = function->shared_from_this();
    TORCH_CHECK(static_cast<int32_t>(function->saved_.size()) <= capacity, "too many saved tensors");
    for (const auto& saved : function->saved_) {
      results[count++] = own(saved.unpack(self));
    }
  });
  return code == 0 ? count : -1;
}

// ---- random numbers ---------------------------------------------------------------------------------------------

MTT_EXPORT int mtt_manual_seed(uint64_t seed) {
  return guarded([&] {
    {
      auto generator = generator_of(0);
      std::lock_guard<std::mutex> lock(generator.mutex());
      generator.set_current_seed(seed);
    }
    if (at::globalContext().hasCUDA()) {
      const auto count = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
      for (int i = 0; i < count; ++i) {
        auto generator = generator_of((static_cast<int64_t>(c10::DeviceType::CUDA) << 16) | i);
        std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_current_seed(seed);
      }
    }
  });
}

MTT_EXPORT int mtt_rng_state(int64_t device, void** state) {
  return guarded([&] {
    auto generator = generator_of(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    *state = own(generator.get_state());
  });
}

MTT_EXPORT int mtt_set_rng_state(int64_t device, void* state) {
  return guarded([&] {
    auto generator = generator_of(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(borrow(state));
  });
}

// ---- the machine ------------------------------------------------------------------------------------------------

MTT_EXPORT int mtt_configure_threads(int32_t threads) {
  return guarded([&] {
    at::set_num_threads(threads);
    if (auto* openblas = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
      openblas(threads);
    }
  });
}

MTT_EXPORT int32_t mtt_threads() {
  return at::get_num_threads();
}

// Whether the thread is at work for for_each_piece: what it calls must not share its work out again.
static thread_local bool in_piece = false;

// Calls body for every piece on the threads of torch's own operators: GCC's entry into a parallel region, asked of the OpenMP
// runtime that libtorch has loaded (a wheel brings one of its own; Intel's and LLVM's have it too). Linking one here would start a
// second pool of threads. Whoever is free takes the next piece, which evens out a core that is busy elsewhere.
template <class F>
static void for_each_piece(int64_t pieces, F&& body) {
  struct Work {
    F& body;
    int64_t pieces;
    std::atomic<int64_t> next{0};
  } work{body, pieces};
  const auto run = [](void* state) {
    auto& work = *static_cast<Work*>(state);
    const bool outer = std::exchange(in_piece, true);
    for (int64_t piece; (piece = work.next.fetch_add(1, std::memory_order_relaxed)) < work.pieces;) {
      work.body(piece);
    }
    in_piece = outer;
  };
  using Parallel = void (*)(void (*)(void*), void*, unsigned, unsigned);
  static const auto parallel = reinterpret_cast<Parallel>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  if (parallel == nullptr || in_piece) {
    run(&work);
  } else {
    parallel(run, &work, static_cast<unsigned>(at::get_num_threads()), 0);
  }
}

// The body must not throw.
MTT_EXPORT void mtt_parallel(int64_t pieces, void (*body)(void*, int64_t), void* state) {
  for_each_piece(pieces, [&](int64_t piece) { body(state, piece); });
}

// A side of a product cut into up to four pieces, for up to sixteen threads.
struct Cuts {
  explicit Cuts(int64_t side) : side(side), pieces(std::max<int64_t>(1, std::min<int64_t>(side / 256, 4))) {}
  int64_t start(int64_t piece) const {
    constexpr int64_t tile = 48;  // of the register kernels
    return piece == pieces ? side : piece * side / pieces / tile * tile;
  }
  int64_t side;
  int64_t pieces;
};

// Signals wait until the end of a scope, on this thread. oneDNN's fp32 kernels let the stack pointer run through a workspace on the
// heap: the frame of a signal that arrived there would lie over whatever the heap holds below it. The runtime suspends threads by
// signals, and a terminal or a shell sends others.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t all;
    sigfillset(&all);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
      sigdelset(&all, fault);
    }
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_;
};

// oneDNN's own row-major GEMM with fp32 results, c = alpha op(a) op(b) + beta c, for bf16 and fp32 factors. ATen reaches
// neither: its bf16 products round the result, its fp32 products go to the BLAS. c is cut into pieces that depend on its shape alone,
// each on one thread: left to itself oneDNN shares long sums out among threads, and the bits would
// depend on their number. Returns 1 where this libtorch or this processor has none.
MTT_EXPORT int mtt_gemm(
    int32_t bf16, char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, float alpha, const void* a, int64_t lda,
    const void* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  using Gemm = int (*)(
      char, char, int64_t, int64_t, int64_t, float, const void*, int64_t, const void*, int64_t, float, float*, int64_t);
  static const auto half = reinterpret_cast<Gemm>(dlsym(RTLD_DEFAULT, "dnnl_gemm_bf16bf16f32"));
  static const auto single = reinterpret_cast<Gemm>(dlsym(RTLD_DEFAULT, "dnnl_sgemm"));
  const Gemm gemm = bf16 != 0 ? half : single;
  if (gemm == nullptr) {
    return 1;
  }
  if (in_piece) {
    const SignalsWait wait;
    return gemm(trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) == 0 ? 0 : 1;
  }
  const Cuts rows(m);
  const Cuts columns(n);
  const int64_t size = bf16 != 0 ? 2 : 4;
  const int64_t step_a = (trans_a == 'N' ? lda : 1) * size;
  const int64_t step_b = (trans_b == 'N' ? 1 : ldb) * size;
  std::atomic<int> failures{0};
  for_each_piece(rows.pieces * columns.pieces, [&](int64_t piece) {
    const int64_t row = rows.start(piece / columns.pieces);
    const int64_t column = columns.start(piece % columns.pieces);
    const SignalsWait wait;
    failures += gemm(
        trans_a, trans_b, rows.start(piece / columns.pieces + 1) - row, columns.start(piece % columns.pieces + 1) - column, k,
        alpha, static_cast<const char*>(a) + row * step_a, lda, static_cast<const char*>(b) + column * step_b, ldb, beta,
        c + row * ldc + column, ldc) != 0;
  });
  return failures == 0 ? 0 : 1;
}

// Freed tensors stay with the process instead of going back to the kernel: glibc would otherwise map and unmap, and
// fault in anew, every tensor above 128 KiB. 32 MiB is the largest threshold that glibc takes; one arena, because the
// others are limited to 64 MiB and map what is larger.
MTT_EXPORT void mtt_keep_freed_memory() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

MTT_EXPORT int32_t mtt_cuda_device_count() {
  int32_t count = 0;
  guarded([&] {
    if (at::globalContext().hasCUDA()) {
      count = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
    }
  });
  return count;
}

MTT_EXPORT int mtt_cuda_init() {
  // Asking for the generator initialises CUDA, under every version's name for it.
  return guarded([&] { generator_of(static_cast<int64_t>(c10::DeviceType::CUDA) << 16); });
}

MTT_EXPORT int mtt_cuda_set_device(int32_t index) {
  return guarded([&] {
    c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA)
        .setDevice(c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)));
  });
}

// The cudaStream_t that torch's operators use now, through c10_cuda's exported symbol (its header needs CUDA's).
MTT_EXPORT int mtt_cuda_stream(int32_t index, void** result) {
  return guarded([&] {
    const c10::Stream stream = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA)
                                   .getStream(c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)));
    auto* raw = reinterpret_cast<void* (*)(const c10::Stream*)>(dlsym(RTLD_DEFAULT, "_ZNK3c104cuda10CUDAStream6streamEv"));
    if (raw == nullptr) {
      void* library = dlopen("libc10_cuda.so", RTLD_LAZY | RTLD_NOLOAD);
      raw = library == nullptr ? nullptr
                               : reinterpret_cast<void* (*)(const c10::Stream*)>(
                                     dlsym(library, "_ZNK3c104cuda10CUDAStream6streamEv"));
    }
    TORCH_CHECK(raw != nullptr, "libc10_cuda.so does not export CUDAStream::stream()");
    *result = raw(&stream);
  });
}

MTT_EXPORT int mtt_cuda_synchronize(int32_t index) {
  return guarded([&] {
    c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
    const c10::Device device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index));
    guard.synchronizeStream(guard.getStream(device));
  });
}

#ifdef MTT_DEVICE_ALLOCATOR
static c10::DeviceAllocator* cuda_allocator() {
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::DeviceType::CUDA));
  TORCH_CHECK(allocator != nullptr, "the CUDA allocator in use reports no statistics");
  return allocator;
}
#endif

// values: allocated now, allocated at peak, reserved now, reserved at peak (bytes). Returns 1 where unknown.
MTT_EXPORT int mtt_cuda_memory(int32_t index, int64_t* values) {
#ifdef MTT_DEVICE_ALLOCATOR
  return guarded([&] {
    auto stats = cuda_allocator()->getDeviceStats(static_cast<c10::DeviceIndex>(index));
    values[0] = stats.allocated_bytes[0].current;
    values[1] = stats.allocated_bytes[0].peak;
    values[2] = stats.reserved_bytes[0].current;
    values[3] = stats.reserved_bytes[0].peak;
  });
#else
  (void)index;
  (void)values;
  return 1;
#endif
}

MTT_EXPORT int mtt_cuda_reset_peak(int32_t index) {
#ifdef MTT_DEVICE_ALLOCATOR
  return guarded([&] {
    cuda_allocator()->resetPeakStats(static_cast<c10::DeviceIndex>(index));
  });
#else
  (void)index;
  return 1;
#endif
}

MTT_EXPORT int mtt_cuda_empty_cache() {
#ifdef MTT_DEVICE_ALLOCATOR
  return guarded([&] { cuda_allocator()->emptyCache(); });
#else
  return 1;
#endif
}

// Where a symbol of the process comes from: which BLAS serves sgemm_.
MTT_EXPORT const char* mtt_symbol_file(const char* name) {
  void* symbol = dlsym(RTLD_DEFAULT, name);
  Dl_info info;
  if (symbol == nullptr || dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) {
    return nullptr;
  }
  return info.dli_fname;
}

MTT_EXPORT int32_t mtt_has_mkl() {
  return at::hasMKL() ? 1 : 0;
}

MTT_EXPORT int32_t mtt_has_mkldnn() {
  return at::globalContext().hasMKLDNN() ? 1 : 0;
}
