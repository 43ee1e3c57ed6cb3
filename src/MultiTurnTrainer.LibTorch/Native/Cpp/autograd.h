// Gradients, and functions whose backward is managed code.

#pragma once

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <type_traits>

#include "handles.h"

namespace {

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

using torch::autograd::Node;

// PyTorch up to 2.12 holds the nodes of a graph by std::shared_ptr, later ones by c10::intrusive_ptr: an edge says which.
using NodePointer = decltype(torch::autograd::Edge::function);
template <typename Pointer>
constexpr bool is_shared = std::is_same_v<Pointer, std::shared_ptr<Node>>;

template <typename Pointer>
auto make_node(int64_t id, const char* label) {
  if constexpr (is_shared<Pointer>) {
    return std::shared_ptr<ManagedNode>(new ManagedNode(id, label), [](auto* node) { deleteNode(node); });
  } else {
    return c10::make_intrusive<ManagedNode>(id, label);
  }
}

template <typename Pointer, typename Function>
Pointer pointer_to(Function* function) {
  if constexpr (is_shared<Pointer>) {
    return function->shared_from_this();
  } else {
    return Pointer::reclaim_copy(function);
  }
}

}  // namespace

MTT_EXPORT void mtt_set_managed_error(const char* message) {
  managed_error = message;
}

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
    auto function = make_node<NodePointer>(id, label);
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
      function->saved_.emplace_back(tensor, tensor.defined() && tensor.grad_fn().get() == function.get());
    }
    *node = function.get();
  });
}

MTT_EXPORT int mtt_function_saved(void* node, void** results, int32_t capacity) {
  int32_t count = 0;
  const int code = guarded([&] {
    auto* function = static_cast<ManagedNode*>(node);
    TORCH_CHECK(!function->released_, torch::autograd::ERR_BACKWARD_TWICE);
    NodePointer self = pointer_to<NodePointer>(function);
    TORCH_CHECK(static_cast<int32_t>(function->saved_.size()) <= capacity, "too many saved tensors");
    for (const auto& saved : function->saved_) {
      results[count++] = own(saved.unpack(self));
    }
  });
  return code == 0 ? count : -1;
}
