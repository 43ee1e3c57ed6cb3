// Folder Filters: expressions that choose rows.
// Refuses to know: where rows go.
using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Filters;

/// <summary>
/// A filter expression: <c>turns &gt;= 2 and not text contains "lorem" and metadata.label != false</c>. Operators, loosest
/// first: <c>or</c>, <c>and</c>, <c>not</c>, then <c>== != &lt; &lt;= &gt; &gt;= contains startswith endswith</c>; brackets; texts in
/// single or double quotes; numbers; <c>true</c>, <c>false</c>, <c>null</c>. Comparing a text with a number is false.
/// </summary>
public sealed class Filter
{
    private readonly Func<Conversation, FilterValue> _root;

    private Filter(string text)
    {
        Parser parser = new(text);
        _root = parser.All();
    }

    /// <summary>Reads an expression.</summary>
    /// <exception cref="MttException">It is malformed or asks for something unknown.</exception>
    public static Filter Parse(string text) => new(text);

    /// <summary>Whether a conversation is kept.</summary>
    public bool Keeps(Conversation conversation) => _root(conversation).IsTrue;

    private sealed class Parser(string text)
    {
        private readonly List<FilterToken> _tokens = FilterToken.Split(text);
        private int _at;

        private FilterToken Next => _tokens[_at];

        public Func<Conversation, FilterValue> All()
        {
            Func<Conversation, FilterValue> root = Or(0);
            return Next.Kind == FilterTokenKind.End ? root : throw Unexpected("an operator");
        }

        private Func<Conversation, FilterValue> Or(int depth)
        {
            Func<Conversation, FilterValue> left = And(depth);
            while (Take("or"))
            {
                Func<Conversation, FilterValue> one = left;
                Func<Conversation, FilterValue> other = And(depth);
                left = row => new FilterValue(one(row).IsTrue || other(row).IsTrue);
            }

            return left;
        }

        private Func<Conversation, FilterValue> And(int depth)
        {
            Func<Conversation, FilterValue> left = Not(depth);
            while (Take("and"))
            {
                Func<Conversation, FilterValue> one = left;
                Func<Conversation, FilterValue> other = Not(depth);
                left = row => new FilterValue(one(row).IsTrue && other(row).IsTrue);
            }

            return left;
        }

        private Func<Conversation, FilterValue> Not(int depth)
        {
            bool negate = false;
            while (Take("not"))
            {
                negate = !negate;
            }

            Func<Conversation, FilterValue> inner = Comparison(depth);
            return negate ? row => new FilterValue(!inner(row).IsTrue) : inner;
        }

        private Func<Conversation, FilterValue> Comparison(int depth)
        {
            Func<Conversation, FilterValue> left = Value(depth);
            if (Next.Kind is not (FilterTokenKind.Operator or FilterTokenKind.Name) || !FilterOperators.Is(Next.Text))
            {
                return left;
            }

            string name = Next.Text;
            _at++;
            Func<Conversation, FilterValue> right = Value(depth);
            return row => new FilterValue(FilterOperators.Apply(name, left(row), right(row)));
        }

        private Func<Conversation, FilterValue> Value(int depth)
        {
            FilterToken token = Next;
            _at++;
            switch (token.Kind)
            {
                case FilterTokenKind.Text:
                    return _ => new FilterValue(token.Text);
                case FilterTokenKind.Number:
                    double number = double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture);
                    return _ => new FilterValue(number);
                case FilterTokenKind.Name when token.Text is "true" or "false":
                    return _ => new FilterValue(token.Text == "true");
                case FilterTokenKind.Name when token.Text == "null":
                    return _ => FilterValue.Nothing;
                case FilterTokenKind.Name:
                    return FilterVariables.Find(token.Text) ?? throw Unknown(token);
                case FilterTokenKind.Operator when token.Text == "(" && depth < 64:
                    Func<Conversation, FilterValue> inner = Or(depth + 1);
                    return Take(")") ? inner : throw Unexpected("')'");
                default:
                    _at--;
                    throw Unexpected("a name, a number or a text");
            }
        }

        private bool Take(string text)
        {
            bool found = Next.Kind is FilterTokenKind.Name or FilterTokenKind.Operator && Next.Text == text;
            _at += found ? 1 : 0;
            return found;
        }

        private MttException Unknown(FilterToken token)
        {
            string? near = Nearest.To(token.Text, FilterVariables.Names);
            return new MttException(
                Invariant($"--filter: column {token.Column}: '{token.Text}' is unknown"),
                near is null ? $"Known are {string.Join(", ", FilterVariables.Names)}." : $"'{near}' is meant?"
            );
        }

        private MttException Unexpected(string expected)
        {
            string found = Next.Kind == FilterTokenKind.End ? "the end" : $"'{Next.Text}'";
            return new MttException(
                Invariant($"--filter: column {Next.Column}: {found} where {expected} is expected"),
                "Such as: turns >= 2 and not text contains \"lorem\"."
            );
        }
    }
}
