using MultiTurnTrainer.Datasets.Rollouts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Synthesis.Endpoints;
using TorchSharp;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>A model folder that answers chats with our own generation; one request at a time.</summary>
internal sealed class LocalChatModel : IChatModel, IDisposable
{
    private readonly ChatEncoder _encoder;
    private readonly CausalLM _model;
    private readonly Generator _generator;
    private readonly Lock _lock = new();

    public LocalChatModel(string folder)
    {
        _encoder = new ChatEncoder(RowModel.Load(folder, template: null, stops: []));
        bool cuda = torch.cuda.is_available();
        _model = CausalLM.Load(
            folder,
            cuda ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32,
            cuda ? torch.CUDA : torch.CPU
        );
        _generator = new Generator(_model);
    }

    public Task<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellation) =>
        Task.Run(() => Complete(request, cancellation), cancellation);

    public void Dispose() => _model.Dispose();

    private ChatReply Complete(ChatRequest request, CancellationToken cancellation)
    {
        lock (_lock)
        {
            int[] prompt = Prompt(request.Turns);
            int room = _model.Config.MaxPositions - prompt.Length;
            if (room <= 0)
            {
                throw new EndpointException(
                    EndpointFault.Rejected,
                    $"the prompt of {prompt.Length} tokens fills the model's {_model.Config.MaxPositions} positions"
                );
            }

            GenerationOptions options = new()
            {
                MaxNewTokens = Math.Min(room, request.MaxTokens),
                Temperature = request.Temperature,
                TopP = request.TopP ?? 1,
                Seed = (ulong)request.Seed,
                StopTokens = _encoder.StopTokens,
                BatchSize = 1,
            };
            Completion completion = _generator.Generate([prompt], options, cancel: cancellation)[0];
            return new ChatReply(_encoder.Reply(completion.Ids), prompt.Length, completion.Ids.Length)
            {
                FinishReason = completion.FinishReason == FinishReason.Stop ? "stop" : "length",
            };
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
}
