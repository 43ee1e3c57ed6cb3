using System.Threading.Channels;
using MultiTurnTrainer.Datasets.Rollouts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Synthesis.Endpoints;
using TorchSharp;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>
/// A model folder that answers chats with our own generation: whoever waits when the model is free is answered in one
/// batch. A reply does not depend on what it was batched with.
/// </summary>
internal sealed class LocalChatModel : IChatModel, IDisposable
{
    private readonly ChatEncoder _encoder;
    private readonly CausalLM _model;
    private readonly Generator _generator;
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _encoding = new();
    private readonly Task _worker;

    public LocalChatModel(string folder)
    {
        _encoder = new ChatEncoder(RowModel.Load(folder, template: null, stops: []), CommonOptions.ReadNow(null));
        bool cuda = torch.cuda.is_available();
        _model = CausalLM.Load(
            folder,
            cuda ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32,
            cuda ? torch.CUDA : torch.CPU
        );
        _generator = new Generator(_model);
        _worker = Task.Run(WorkAsync);
    }

    public async Task<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellation)
    {
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
        RolloutTurn[] messages = [.. turns.Select(turn => new RolloutTurn(turn.Role, turn.Content))];
        try
        {
            return _encoder.Prompt(messages);
        }
        catch (MttException) when (messages is [{ Role: "system" } system, { Role: "user" } user, ..])
        {
            // Some templates know no system role; its words then open the first user message.
            return _encoder.Prompt([new RolloutTurn("user", $"{system.Content}\n\n{user.Content}"), .. messages[2..]]);
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
