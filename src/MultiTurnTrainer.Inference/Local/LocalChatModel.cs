using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Local;

/// <summary>
/// A model folder that answers chats with our own generation: whoever waits when the model is free is answered in one
/// batch. A reply does not depend on what it was batched with.
/// </summary>
public sealed class LocalChatModel : IChatModel, IDisposable
{
    private readonly ChatEncoder _encoder;
    private readonly CausalLM _model;
    private readonly Generator _generator;
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _encoding = new();
    private readonly Task _worker;

    /// <summary>Loads a folder.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="rows">How chats are rendered.</param>
    /// <exception cref="MttException">The folder cannot be read.</exception>
    public LocalChatModel(string folder, RowOptions rows)
    {
        _encoder = new ChatEncoder(RowModel.Load(folder, rows));
        bool cuda = torch.cuda.is_available();
        _model = CausalLM.Load(
            folder,
            cuda ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32,
            cuda ? torch.CUDA : torch.CPU
        );
        _generator = new Generator(_model);
        _worker = Task.Run(WorkAsync);
    }

    /// <inheritdoc/>
    public async Task<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellation)
    {
        if (request.Embeds == true)
        {
            throw new EndpointException(EndpointFault.Fatal, "a model folder answers chats and makes no embeddings");
        }

        int[] prompt;
        lock (_encoding)
        {
            prompt = Prompt(request.Turns);
        }

        int positions = _model.Config.MaxPositions;
        if (prompt.Length >= positions)
        {
            throw new EndpointException(
                EndpointFault.Rejected,
                $"the prompt of {prompt.Length} tokens fills the model's {positions} positions"
            );
        }

        GenerationOptions options = new()
        {
            MaxNewTokens = request.MaxTokens,
            MaxLength = positions,
            Temperature = request.Temperature,
            TopP = request.TopP ?? 1,
            Seed = (ulong)request.Seed,
            StopTokens = _encoder.StopTokens,
        };
        Waiting waiting = new(prompt, options, new(TaskCreationOptions.RunContinuationsAsynchronously), cancellation);
        await _waiting.Writer.WriteAsync(waiting, cancellation).ConfigureAwait(false);
        Completion completion = await waiting.Reply.Task.WaitAsync(cancellation).ConfigureAwait(false);
        return new ChatReply(_encoder.Reply(completion.Ids), prompt.Length, completion.Ids.Length)
        {
            FinishReason = completion.FinishReason == FinishReason.Stop ? "stop" : "length",
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _waiting.Writer.Complete();
        _stop.Cancel();
        _worker.GetAwaiter().GetResult();
        _stop.Dispose();
        _model.Dispose();
    }

    private async Task WorkAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            List<Waiting> batch = [];
            while (_waiting.Reader.TryRead(out Waiting? next))
            {
                if (!next.Cancellation.IsCancellationRequested)
                {
                    batch.Add(next);
                }
            }

            Answer(batch);
        }
    }

    private void Answer(List<Waiting> batch)
    {
        try
        {
            IReadOnlyList<Completion> completions = _generator.Generate(
                [.. batch.Select(waiting => (waiting.Prompt, waiting.Options))],
                cancel: _stop.Token
            );
            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].Reply.SetResult(completions[i]);
            }
        }
        catch (Exception problem)
        {
            // Whatever it is belongs to those who wait, not to the worker.
            batch.ForEach(waiting => waiting.Reply.TrySetException(problem));
        }
    }

    private int[] Prompt(IReadOnlyList<ChatTurn> turns)
    {
        try
        {
            return _encoder.Prompt(turns);
        }
        catch (MttException) when (turns is [{ Role: "system" } system, { Role: "user" } user, ..])
        {
            // Some templates know no system role; its words then open the first user message.
            return _encoder.Prompt([new ChatTurn("user", $"{system.Content}\n\n{user.Content}"), .. turns.Skip(2)]);
        }
    }

    /// <summary>A request that waits for its reply.</summary>
    private sealed record Waiting(
        int[] Prompt,
        GenerationOptions Options,
        TaskCompletionSource<Completion> Reply,
        CancellationToken Cancellation
    );
}
