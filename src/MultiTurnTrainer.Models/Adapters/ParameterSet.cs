// Shapes: p elements of all parameters together.

namespace MultiTurnTrainer.Models.Adapters;

/// <summary>One trained tensor: a view into the flat buffer.</summary>
/// <param name="Name">Its name in the adapter's or the model's files.</param>
/// <param name="Value">The values, fp32, a leaf of autograd.</param>
/// <param name="Gradient">The gradient, a view into the flat gradient.</param>
public sealed record Parameter(string Name, Tensor Value, Tensor Gradient) { }

/// <summary>
/// All trained tensors of an adapter as views of one flat fp32 buffer, and their gradients as views of another, so
/// that the optimizer, clipping and the all-reduce are one operation each.
/// </summary>
public sealed class ParameterSet : IDisposable
{
    private readonly Dictionary<string, Parameter> _byName;

    /// <summary>Allocates zeros.</summary>
    /// <param name="shapes">Names and shapes, in the buffer's order.</param>
    /// <param name="device">Where the buffers live.</param>
    public ParameterSet(IReadOnlyList<(string Name, long[] Shape)> shapes, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        long total = shapes.Sum(shape => CountElements(shape.Shape));
        Flat = zeros([total], dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        Gradient = zeros([total], dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        List<Parameter> all = [];
        long offset = 0;
        foreach ((string name, long[] shape) in shapes)
        {
            long count = CountElements(shape);
            Tensor value = Flat.narrow(0, offset, count).view(shape).detach().requires_grad_(); // [p] -> shape
            Tensor gradient = Gradient.narrow(0, offset, count).view(shape); // [p] -> shape
            value.grad = gradient;
            all.Add(new Parameter(name, value.DetachFromDisposeScope(), gradient.DetachFromDisposeScope()));
            offset += count;
        }

        All = all;
        _byName = all.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
    }

    /// <summary>The flat values, [total]. Change them in place under <c>no_grad</c> only.</summary>
    public Tensor Flat { get; }

    /// <summary>The flat gradient, [total]. Backward adds to it; zero it before a step.</summary>
    public Tensor Gradient { get; }

    /// <summary>The parameters in the buffer's order.</summary>
    public IReadOnlyList<Parameter> All { get; }

    /// <summary>The parameter with a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Parameter this[string name] => _byName[name];

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        foreach (Parameter parameter in All)
        {
            parameter.Value.Dispose();
            parameter.Gradient.Dispose();
        }

        Gradient.Dispose();
        Flat.Dispose();
    }

    private static long CountElements(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);
}
