using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>How much of a prompt had been read before.</summary>
/// <param name="Reused">Tokens whose keys and values were still there.</param>
/// <param name="Read">Tokens read anew.</param>
public readonly record struct PromptReuse(int Reused, int Read);

/// <summary>
/// Generates one answer at a time, token by token, and keeps what was read for the next prompt that begins alike: by a key
/// such as a session's id, the least recently used leaving first where memory runs out. Not for several threads.
/// </summary>
/// <param name="model">The base model.</param>
/// <param name="adapter">Laid over the base; null for the base alone.</param>
/// <param name="memory">The most bytes of keys and values that are kept between answers; 0 keeps none.</param>
public sealed class CachedGenerator(CausalLM model, Adapter? adapter, long memory) : IDisposable
{
    // A sequence makes room for so many tokens at a time.
    private const int Growth = 256;

    private readonly PromptCache _cache = new(memory);
    private readonly IDecoder _decoder = CpuDecoder.Takes(model)
        ? new CpuDecoder(model, adapter, 1)
        : new TensorDecoder(model, adapter, Growth);

    /// <summary>Bytes of keys and values that are kept.</summary>
    public long Bytes => _cache.Bytes;

    /// <summary>Of the newest prompt, what had been read before.</summary>
    public PromptReuse Reuse { get; private set; }

    /// <summary>Continues a prompt.</summary>
    /// <param name="key">Whose it is: only the same key's earlier prompts are used. Null keeps nothing.</param>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="options">Limits, sampling, stop tokens.</param>
    /// <returns>The new tokens as they come, a stop token included.</returns>
    /// <exception cref="MttException">The prompt is empty or holds an id outside the vocabulary.</exception>
    public IEnumerable<int> Generate(string? key, int[] prompt, GenerationOptions options)
    {
        Check(prompt);
        int most = Math.Min(options.MaxNewTokens, options.MaxLength - prompt.Length);
        return most <= 0 ? [] : Continue(key, [.. prompt], most, options);
    }

    /// <summary>Forgets what is kept under a key.</summary>
    public void Forget(string key) => _cache.Forget(key);

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        _decoder.Dispose();
    }

    private IEnumerable<int> Continue(string? key, List<int> tokens, int most, GenerationOptions options)
    {
        SeededRandom random = NamedRandom.Create(options.Seed, 0);
        float[] logits = Begin(key, tokens);
        bool isRead = true;
        try
        {
            for (int count = 1; ; count++)
            {
                int id = Sampler.Choose(logits.AsSpan(0, model.Config.VocabularySize), options, random.NextDouble());
                bool ends = count == most || options.StopTokens.Contains(id);
                yield return id;
                if (ends)
                {
                    break;
                }

                tokens.Add(id);
                isRead = false;
                logits = Step(tokens);
                isRead = true;
            }
        }
        finally
        {
            // A step that failed leaves a token whose keys may not be there.
            _cache.Keep(isRead ? key : null, tokens, _decoder.Detach(0));
        }
    }

    private float[] Begin(string? key, List<int> prompt)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        _cache.Begin();
        ISequenceCache? past = key is null ? null : _cache.Take(model, key, prompt);
        int shared = past?.Length ?? 0;
        Reuse = new PromptReuse(shared, prompt.Count - shared);
        return past is null ? _decoder.Read([prompt]) : _decoder.Resume([past], [prompt[shared..]]);
    }

    private float[] Step(List<int> tokens)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        // Where a longer sequence turns all its tokens by other frequencies, what was read is read anew.
        return model.Config.RotationChangesAt(tokens.Count) ? _decoder.Read([tokens]) : _decoder.Step([tokens[^1]]);
    }

    private void Check(int[] prompt)
    {
        if (prompt.Length == 0)
        {
            throw new MttException("the prompt is empty", "Give at least one token, such as the model's bos_token.");
        }

        int wrong = Array.FindIndex(prompt, id => id < 0 || id >= model.Config.VocabularySize);
        if (wrong >= 0)
        {
            throw new MttException(
                $"the prompt's id {prompt[wrong]} lies outside the model's vocabulary of {model.Config.VocabularySize}",
                "Tokenizer and model do not belong together."
            );
        }
    }
}
