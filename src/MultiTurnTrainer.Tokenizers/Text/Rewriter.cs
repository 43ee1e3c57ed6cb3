namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>
/// Writes the new form of a piece scalar by scalar, carrying alignments along by the rules of HuggingFace's
/// <c>NormalizedString.transform</c>: an inserted scalar shares the range of what stands before it, a replaced one keeps
/// its own, a removal belongs to the scalar before it.
/// </summary>
internal ref struct Rewriter
{
    private readonly AlignedText _source;
    private readonly AlignedText _target;
    private readonly Piece _piece;
    private int _at;

    public Rewriter(AlignedText source, Piece piece, AlignedText target)
    {
        _source = source;
        _piece = piece;
        _target = target;
        _at = piece.Start;
    }

    /// <summary>Leaves out scalars at the beginning.</summary>
    public void Skip(int scalars)
    {
        for (; scalars > 0 && _at < _piece.End; scalars--)
        {
            _at += Utf8.LengthOf(_source.Bytes[_at]);
        }
    }

    /// <summary>Writes a scalar; <paramref name="change"/> as in <see cref="ScalarChange"/>.</summary>
    public void Write(int scalar, int change)
    {
        if (change > 0)
        {
            if (_at == _piece.Start)
            {
                _target.Append(scalar, _piece.Origin, _piece.Origin);
            }
            else
            {
                _target.Append(scalar, _source.Starts[_at - 1], _source.Ends[_at - 1]);
            }

            return;
        }

        int aligned = Math.Min(_at, _piece.End - 1);
        _target.Append(scalar, _source.Starts[aligned], _source.Ends[aligned]);
        Skip(1 - change);
    }
}
