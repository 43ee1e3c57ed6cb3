namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// The reference policy θ⁻: a second LoRA set on the same base, started as a copy of the student's (B = 0, so it is the
/// base model) and moved towards the student after every update: θ⁻ ← λ·θ⁻ + (1 − λ)·θ. The factors are averaged, not
/// their product; starting from a copy keeps the product from growing with the square of the average.
/// </summary>
internal sealed class EmaReference(CausalLM model, LoraAdapter student, double decay) : IDisposable
{
    /// <summary>What scores in the reference's place.</summary>
    public LoraAdapter Adapter { get; } = student.Clone(model);

    /// <summary>Follows the student by one step.</summary>
    public void Follow()
    {
        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Adapter.Parameters.Flat.lerp_(student.Parameters.Flat, 1 - decay);
    }

    public void Dispose() => Adapter.Dispose();
}
