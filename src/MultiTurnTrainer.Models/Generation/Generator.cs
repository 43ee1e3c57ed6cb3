// Folder Generation: new tokens after prompts, and how likely given ones are.
// Refuses to know: text, chat templates, tokenizers.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>
/// Generates from one base model, with any of its adapters: prompts of a batch are read as one pack and decoded
/// together over a key-value cache; a finished row leaves the batch.
/// </summary>
/// <param name="model">The base model.</param>
public sealed class Generator(CausalLM model)
{
    // A row makes room for its answer once, or for so many tokens at a time.
    private const int MostGrowth = 256;

    /// <summary>Tokens of prompts and answers, and the time they took, since this object was made.</summary>
    public GenerationSpeed Speed { get; private set; } = GenerationSpeed.None;

    /// <summary>Continues every prompt.</summary>
    /// <param name="prompts">Token ids; none empty.</param>
    /// <param name="options">Limits, sampling, stop tokens.</param>
    /// <param name="adapter">Laid over the base; null for the base alone.</param>
    /// <param name="firstRow">The number of the first prompt in a larger set: rows draw by their number.</param>
    /// <param name="cancel">Stops between two tokens.</param>
    /// <param name="cache">What was read before for this model and adapter; null reads every prompt whole.</param>
    /// <param name="keys">With a cache, a key for each prompt, none twice.</param>
    /// <returns>One completion a prompt, in order.</returns>
    /// <exception cref="MttException">A prompt is empty or holds an id outside the vocabulary.</exception>
    public IReadOnlyList<Completion> Generate(
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        Adapter? adapter = null,
        int firstRow = 0,
        CancellationToken cancel = default,
        PromptCache? cache = null,
        IReadOnlyList<string>? keys = null
    )
    {
        for (int i = 0; i < prompts.Count; i++)
        {
            Check(prompts[i], firstRow + i);
        }

        List<Completion> completions = [];
        cache?.Begin();
        for (int start = 0; start < prompts.Count; start += options.BatchSize)
        {
            int count = Math.Min(options.BatchSize, prompts.Count - start);
            IEnumerable<Row> rows = Enumerable
                .Range(start, count)
                .Select(i => new Row(prompts[i], (ulong)(firstRow + i), options) { Key = keys?[i] });
            completions.AddRange(GenerateBatch([.. rows], adapter, cache, cancel));
        }

        return completions;
    }

    /// <summary>Continues prompts that each have their own options, in one batch; each draws as it would alone.</summary>
    /// <param name="prompts">Token ids, none empty, with limits, sampling and stop tokens.</param>
    /// <param name="adapter">Laid over the base; null for the base alone.</param>
    /// <param name="cancel">Stops between two tokens.</param>
    /// <returns>One completion a prompt, in order.</returns>
    /// <exception cref="MttException">A prompt is empty or holds an id outside the vocabulary.</exception>
    public IReadOnlyList<Completion> Generate(
        IReadOnlyList<(int[] Ids, GenerationOptions Options)> prompts,
        Adapter? adapter = null,
        CancellationToken cancel = default
    )
    {
        for (int i = 0; i < prompts.Count; i++)
        {
            Check(prompts[i].Ids, i);
        }

        Row[] rows = [.. prompts.Select(prompt => new Row(prompt.Ids, 0, prompt.Options))];
        return GenerateBatch(rows, adapter, cache: null, cancel);
    }

    private List<Completion> GenerateBatch(Row[] rows, Adapter? adapter, PromptCache? cache, CancellationToken cancel)
    {
        Row[] open = [.. rows.Where(row => !row.Done)];
        if (open.Length == 0)
        {
            return [.. rows.Select(row => row.Finish())];
        }

        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            long started = Stopwatch.GetTimestamp();
            int most = open.Max(row => row.Most);
            using IDecoder decoder = CpuDecoder.Takes(model)
                ? new CpuDecoder(model, adapter, open.Length, Math.Min(most, MostGrowth))
                : new TensorDecoder(model, adapter, most);
            Row[] active = Take(open, Begin(open, decoder, cache), decoder, cache);
            TimeSpan prefill = Stopwatch.GetElapsedTime(started);

            started = Stopwatch.GetTimestamp();
            while (active.Length > 0)
            {
                cancel.ThrowIfCancellationRequested();

                // Where a longer sequence turns all its tokens by other frequencies, what was read is read anew.
                bool changed = active.Any(row => model.Config.RotationChangesAt(row.Length));
                float[] logits = changed
                    ? decoder.Read([.. active.Select(row => row.Tokens)])
                    : decoder.Step([.. active.Select(row => row.Tokens[^1])]);
                active = Take(active, logits, decoder, cache);
            }

            GenerationSpeed speed = new(
                open.Sum(row => (long)row.Length - row.Count - row.Reused),
                open.Sum(row => (long)row.Count),
                prefill,
                Stopwatch.GetElapsedTime(started)
            );
            Speed = Speed.Plus(speed);
        }

        return [.. rows.Select(row => row.Finish())];
    }

    /// <summary>Reads the prompts, from where they part from what was read before.</summary>
    private float[] Begin(Row[] rows, IDecoder decoder, PromptCache? cache)
    {
        ISequenceCache?[] pasts = [.. rows.Select(row => cache?.Take(model, row.Key!, row.Tokens))];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i].Reused = pasts[i]?.Length ?? 0;
        }

        return Array.TrueForAll(pasts, past => past is null)
            ? decoder.Read([.. rows.Select(row => row.Tokens)])
            : decoder.Resume(pasts, [.. rows.Select(row => row.Tokens[row.Reused..])]);
    }

    /// <summary>Gives each row its next token; returns the rows that go on, and the decoder keeps only those.</summary>
    private Row[] Take(Row[] active, float[] logits, IDecoder decoder, PromptCache? cache)
    {
        int vocabulary = model.Config.VocabularySize;
        List<int> going = [];
        for (int i = 0; i < active.Length; i++)
        {
            active[i].Take(logits.AsSpan(i * vocabulary, vocabulary));
            if (!active[i].Done)
            {
                going.Add(i);
            }
            else
            {
                cache?.Keep(active[i].Key, active[i].Tokens, decoder.Detach(i));
            }
        }

        if (going.Count > 0 && going.Count < active.Length)
        {
            decoder.Keep([.. going]);
        }

        return [.. going.Select(i => active[i])];
    }

    private void Check(int[] prompt, int row)
    {
        if (prompt.Length == 0)
        {
            throw new MttException($"prompt {row} is empty", "Give at least one token, such as the model's bos_token.");
        }

        int wrong = Array.FindIndex(prompt, id => id < 0 || id >= model.Config.VocabularySize);
        if (wrong >= 0)
        {
            throw new MttException(
                $"prompt {row}: id {prompt[wrong]} lies outside the model's vocabulary of {model.Config.VocabularySize}",
                "Tokenizer and model do not belong together."
            );
        }
    }

    /// <summary>What one prompt has grown to.</summary>
    private sealed class Row(int[] prompt, ulong number, GenerationOptions options)
    {
        private readonly List<float> _logProbs = [];
        private readonly SeededRandom _random = NamedRandom.Create(options.Seed, number);
        private FinishReason _reason = FinishReason.Length;

        /// <summary>Under which what was read is kept; null keeps nothing.</summary>
        public string? Key { get; init; }

        /// <summary>The most new tokens.</summary>
        public int Most { get; } = Math.Min(options.MaxNewTokens, options.MaxLength - prompt.Length);

        /// <summary>Tokens of the prompt that had been read before.</summary>
        public int Reused { get; set; }

        /// <summary>Prompt and new tokens.</summary>
        public List<int> Tokens { get; } = [.. prompt];

        public int Length => Tokens.Count;

        /// <summary>New tokens.</summary>
        public int Count => Tokens.Count - prompt.Length;

        public bool Done => Count >= Most || _reason == FinishReason.Stop;

        public void Take(ReadOnlySpan<float> logits)
        {
            int id = Sampler.Choose(logits, options, _random.NextDouble());
            Tokens.Add(id);
            _logProbs.Add(Sampler.LogProbability(logits, id));
            _reason = options.StopTokens.Contains(id) ? FinishReason.Stop : FinishReason.Length;
        }

        public Completion Finish() => new([.. Tokens.Skip(prompt.Length)], [.. _logProbs], _reason);
    }
}
