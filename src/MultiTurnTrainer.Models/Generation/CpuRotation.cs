using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>Rotates the heads of each row's newest token, as each layer does.</summary>
internal sealed unsafe class CpuRotation
{
    private readonly int _width;
    private readonly Dictionary<RopeConfig, Turn> _turns = new(ReferenceEqualityComparer.Instance);
    private readonly Turn?[] _layers;
    private readonly float[] _apart;
    private int[] _lengths = [];

    public CpuRotation(ModelConfig config)
    {
        _width = config.HeadDimension;
        _apart = new float[_width];
        _layers = [.. config.Ropes.Select(rope => rope is null ? null : FindTurn(rope))];
    }

    /// <summary>Goes to the last position of sequences of these lengths, one for each row.</summary>
    public void MoveTo(int[] lengths)
    {
        _lengths = lengths;
        foreach (Turn turn in _turns.Values)
        {
            turn.MoveTo(lengths);
        }
    }

    /// <summary>Rotates [rows, heads, width] in place.</summary>
    /// <param name="layer">Whose rotation.</param>
    /// <param name="heads">The first head of the first row.</param>
    /// <param name="count">Heads to a row.</param>
    public void Apply(int layer, float* heads, int count)
    {
        if (_layers[layer] is not { } turn)
        {
            return;
        }

        for (int row = 0; row < _lengths.Length; row++)
        {
            ReadOnlySpan<float> cosine = turn.Cosine(row);
            ReadOnlySpan<float> sine = turn.Sine(row);
            for (int head = 0; head < count; head++)
            {
                float* low = heads + (((long)(row * count) + head) * _width);
                float* high = low + cosine.Length;
                if (turn.PairsNeighbours)
                {
                    TakeApart(new Span<float>(low, 2 * cosine.Length));
                }

                for (int i = 0; i < cosine.Length; i++)
                {
                    (low[i], high[i]) = (
                        (low[i] * cosine[i]) - (high[i] * sine[i]),
                        (high[i] * cosine[i]) + (low[i] * sine[i])
                    );
                }
            }
        }
    }

    /// <summary>Multiplies [rows, width] queries by their positions' factors, where the layer's rotation has some.</summary>
    public void ScaleQueries(int layer, float* queries, int width)
    {
        for (int row = 0; row < _lengths.Length; row++)
        {
            if (_layers[layer]?.QueryScale(_lengths[row] - 1) is { } scale && scale != 1)
            {
                Span<float> query = new(queries + ((long)row * width), width);
                TensorPrimitives.Multiply(query, scale, query);
            }
        }
    }

    // Neighbours become halves, as in the keys of the prompt.
    private void TakeApart(Span<float> head)
    {
        int half = head.Length / 2;
        for (int i = 0; i < half; i++)
        {
            (_apart[i], _apart[half + i]) = (head[2 * i], head[(2 * i) + 1]);
        }

        _apart.AsSpan(0, head.Length).CopyTo(head);
    }

    private Turn FindTurn(RopeConfig rope)
    {
        if (!_turns.TryGetValue(rope, out Turn? turn))
        {
            _turns[rope] = turn = new Turn(rope);
        }

        return turn;
    }

    /// <summary>Cosines, then sines, of each row.</summary>
    private sealed class Turn(RopeConfig rope)
    {
        private readonly int _half = rope.Dimensions / 2;
        private readonly float[]? _inverse = rope.DependsOnLength ? null : RopeFrequencies.ComputeInverse(rope, 0);
        private float[] _table = [];

        public void MoveTo(int[] lengths)
        {
            _table = new float[lengths.Length * 2 * _half];
            for (int row = 0; row < lengths.Length; row++)
            {
                float[] inverse = _inverse ?? RopeFrequencies.ComputeInverse(rope, lengths[row]);
                RotaryTable.Fill(rope, inverse, lengths[row] - 1, Part(2 * row), Part((2 * row) + 1));
            }
        }

        public bool PairsNeighbours => rope.PairsNeighbours;

        public float QueryScale(int position) => (float)rope.QueryScale(position);

        public ReadOnlySpan<float> Cosine(int row) => Part(2 * row);

        public ReadOnlySpan<float> Sine(int row) => Part((2 * row) + 1);

        private Span<float> Part(int index) => _table.AsSpan(index * _half, _half);
    }
}
