namespace MultiTurnTrainer.Models.Generation;

/// <summary>Another process that samples the student's replies, such as vLLM.</summary>
public interface IRolloutServer : IDisposable
{
    /// <summary>Has the server answer with an adapter from now on.</summary>
    /// <param name="folder">The adapter in PEFT's layout; null for the base alone.</param>
    /// <exception cref="Files.MttException">The server cannot, or is not there.</exception>
    void Use(string? folder);

    /// <summary>Continues every prompt.</summary>
    /// <param name="prompts">Token ids.</param>
    /// <param name="options">Limits, sampling, stop tokens.</param>
    /// <returns>The new ids of each, a stop token included.</returns>
    /// <exception cref="Files.MttException">A reply failed for good.</exception>
    IReadOnlyList<int[]> Generate(IReadOnlyList<int[]> prompts, GenerationOptions options);
}
