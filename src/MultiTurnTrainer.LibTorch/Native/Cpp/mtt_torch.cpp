// The native half of mtt's libtorch binding: a C ABI over the dispatcher, autograd and the generators of whatever
// libtorch is on the machine. No CUDA headers. Compiled on first use by NativeBuild.cs; one source for 1.13 to 2.x.
//
// Conventions: a tensor crosses the border as an owned at::TensorImpl* (null = undefined). Functions return 0, or -1 with
// the message in mtt_error(). Nothing throws across the border.
//
// One translation unit: parsing libtorch's headers once takes ten seconds.

#include "autograd.h"
#include "cuda.h"
#include "distributed.h"
#include "handles.h"
#include "machine.h"
#include "memory.h"
#include "operators.h"
#include "random.h"
#include "tensors.h"
#include "threads.h"
