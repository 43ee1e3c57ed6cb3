#!/usr/bin/perl
# Writes canonical combining classes as JSON {"class": [[first, last], ...]}: those of the characters that Unicode 9.0
# has, which is where the normalization tables of HuggingFace's library stop. Classes never change once assigned.
use strict;
use warnings;
use Unicode::UCD qw(charprop);

my %ranges;
for my $c (0x300 .. 0x1FFFF) {
    next if chr($c) !~ /\p{M}/ || chr($c) !~ /\p{Present_In: 9.0}/;
    my $class = charprop($c, "Canonical_Combining_Class");
    my ($number) = grep { /^\d+$/ } Unicode::UCD::prop_value_aliases("ccc", $class);
    next unless $number;
    my $list = $ranges{$number} //= [];
    if (@$list && $list->[-1][1] == $c - 1) { $list->[-1][1] = $c }
    else { push @$list, [$c, $c] }
}
print "{", join(",", map { my $k = $_; "\"$k\":[" . join(",", map { "[$_->[0],$_->[1]]" } @{ $ranges{$k} }) . "]" }
    sort { $a <=> $b } keys %ranges), "}\n";
