// Shapes: s tokens of the pack, n supervised positions, e hidden width.
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Objectives;

/// <summary>
/// Forward to the hidden states that the head must see, and backward from their gradient. A recomputed block runs
/// without autograd and keeps only its input; in backward it runs again with autograd. Tokens that predict nothing are
/// dropped in the last block, after its attention.
/// </summary>
/// <param name="model">The base.</param>
/// <param name="adapter">What is trained.</param>
/// <param name="recompute">Which blocks run twice.</param>
internal sealed class BlockwisePass(CausalLM model, Adapter adapter, Recompute recompute)
{
    /// <summary>Runs a micro-batch: the head is given the supervised rows and returns their gradient.</summary>
    /// <param name="batch">Rows laid end to end, at least one label.</param>
    /// <param name="dropoutSeed">Seeds the adapter's dropout.</param>
    /// <param name="head">From the normed hidden states [supervised, hidden], which carry no graph, to their gradient of the same shape.</param>
    public void Run(MicroBatch batch, ulong dropoutSeed, Func<Tensor, Tensor> head)
    {
        using DisposeScope scope = NewDisposeScope();
        using TorchThreads.Limit threads = LimitThreads(model.Config, batch);
        using ForwardContext context = model.Prepare(batch.Layout, adapter, dropoutSeed);
        (Tensor ids, Tensor rows) = batch.Upload(model.Device);
        Stack<Recomputed> again = new();
        Tensor hidden = model.Embed(ids, context); // [s] -> [s, e]
        for (int layer = 0; layer < model.BlockCount; layer++)
        {
            Tensor? wanted = layer == model.BlockCount - 1 ? rows : null;
            if (!IsRecomputed(layer) || !model.CanRecompute(layer, context))
            {
                hidden = model.Block(layer, hidden, context, wanted); // [s, e]; the last [n, e]
                continue;
            }

            Tensor input = hidden;
            using (no_grad())
            {
                hidden = model.Block(layer, input.detach(), context, wanted); // [s, e]; the last [n, e]
            }

            hidden.requires_grad_();
            again.Push(new(layer, wanted, input, hidden));
        }

        Tensor normed = model.FinalNorm(hidden, context);
        Tensor gradient = head(normed.detach()); // [n, e]
        normed.backward([gradient]);
        while (again.TryPop(out Recomputed? block))
        {
            BackwardAgain(block, context);
        }
    }

    /// <summary>A pass of small products stays on one thread.</summary>
    public static TorchThreads.Limit LimitThreads(ModelConfig config, MicroBatch batch) =>
        TorchThreads.Suit(4.0 * batch.InputIds.Length * config.HiddenSize * config.HiddenSize);

    private bool IsRecomputed(int layer) =>
        recompute switch
        {
            Recompute.Full => true,
            Recompute.Selective => layer % 2 == 0,
            _ => false,
        };

    private void BackwardAgain(Recomputed block, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor leaf = block.Input.detach().requires_grad_(block.Input.requires_grad);
        model.Block(block.Layer, leaf, context, block.Rows).backward([block.Output.grad!]);
        if (block.Input.requires_grad)
        {
            // A leaf of an earlier recomputed block collects the gradient; a graph of kept blocks is walked on.
            block.Input.backward([leaf.grad!]);
        }
    }

    private sealed record Recomputed(int Layer, Tensor? Rows, Tensor Input, Tensor Output);
}
