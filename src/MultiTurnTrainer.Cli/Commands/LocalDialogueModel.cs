using MultiTurnTrainer.Datasets.Rollouts;
using MultiTurnTrainer.Evaluation.Simulation;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>A model folder that answers simulated dialogues, a batch at a time.</summary>
/// <param name="encoder">Renders, tokenizes, decodes.</param>
/// <param name="generator">Generates.</param>
/// <param name="adapter">Laid over the base; null for the base alone.</param>
/// <param name="options">Sampling; the seed is the simulation's.</param>
internal sealed class LocalDialogueModel(
    ChatEncoder encoder,
    Generator generator,
    Adapter? adapter,
    GenerationOptions options
) : IDialogueModel
{
    public Task<IReadOnlyList<string>> ReplyAsync(
        IReadOnlyList<IReadOnlyList<ChatTurn>> dialogues,
        int seed,
        CancellationToken cancellation
    )
    {
        int[][] prompts =
        [
            .. dialogues.Select(turns =>
                encoder.Prompt([.. turns.Select(turn => new RolloutTurn(turn.Role, turn.Content))])
            ),
        ];
        GenerationOptions seeded = options with { Seed = unchecked((ulong)seed) };
        IReadOnlyList<Completion> replies = generator.Generate(prompts, seeded, adapter, 0, cancellation);
        return Task.FromResult<IReadOnlyList<string>>([.. replies.Select(reply => encoder.Reply(reply.Ids))]);
    }
}
