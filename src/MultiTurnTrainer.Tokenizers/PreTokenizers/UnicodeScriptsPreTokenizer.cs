using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary>
/// <c>UnicodeScripts</c>: cuts where the script changes. Kana count as Han; the space and unassigned code points belong
/// to any script. What precedes the first scalar with a script is lost, as in the reference.
/// </summary>
internal sealed class UnicodeScriptsPreTokenizer : IPreTokenizer
{
    private const byte Any = 0;
    private static readonly Lazy<byte[]> Scripts = new(Build);

    /// <inheritdoc/>
    public void PreTokenize(PieceText text)
    {
        byte[] scripts = Scripts.Value;
        text.Split(
            (piece, target) =>
            {
                byte last = Any;
                int start = -1;
                for (int at = piece.Start; at < piece.End; )
                {
                    byte script = scripts[Utf8.Decode(text.Text.Bytes, at, out int length)];
                    if (script != Any && script != last)
                    {
                        if (start >= 0)
                        {
                            target.Add(text.Slice(start, at - start));
                        }

                        (start, last) = (at, script);
                    }

                    at += length;
                }

                if (start >= 0)
                {
                    target.Add(text.Slice(start, piece.End - start));
                }
            }
        );
    }

    private static byte[] Build()
    {
        byte[] scripts = new byte[CodePointSet.End];
        byte number = Any;
        while (UnicodeData.Find($"script_{number}") is { } set)
        {
            number++;
            ReadOnlySpan<int> bounds = set.Bounds;
            for (int i = 0; i < bounds.Length; i += 2)
            {
                scripts.AsSpan(bounds[i], bounds[i + 1] - bounds[i]).Fill(number);
            }
        }

        return scripts;
    }
}
