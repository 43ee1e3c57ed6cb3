using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>Sequence</c>: one after the other.</summary>
internal sealed class SequenceNormalizer(INormalizer[] steps) : INormalizer
{
    /// <summary>The steps in order.</summary>
    public IReadOnlyList<INormalizer> Steps => steps;

    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        if (steps.Length == 0)
        {
            target.Append(source, piece.Start, piece.Length);
            return;
        }

        for (int i = 0; i < steps.Length; i++)
        {
            AlignedText next = i == steps.Length - 1 ? target : new AlignedText();
            int start = next.Length;
            steps[i].Normalize(source, piece, next);
            source = next;
            piece = piece with { Start = start, Length = next.Length - start };
        }
    }
}
